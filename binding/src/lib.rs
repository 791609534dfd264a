//! `peergate._engine`: converts, releases the GIL, no logic.
#![forbid(unsafe_code)]

mod link;

use pyo3::prelude::*;

#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<link::Link>()?;
    Ok(())
}
