//! Catalogs and judgements: what names a flow, what does not, and what a wrong file is answered with.
