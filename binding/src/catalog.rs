//! Signatures and policies, as Python configures them.

use std::sync::Arc;

use peergate_engine as engine;
use peergate_engine::apps::Activity;
use peergate_engine::inspect::PROTOCOLS;
use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

create_exception!(peergate._engine, SignatureError, PyValueError);

/// One application.
#[pyclass(frozen, get_all, module = "peergate._engine")]
pub struct App {
    name: String,
    title: String,
    category: &'static str,
    what: String,
    why: String,
    aliases: Vec<String>,
}

/// One protocol.
#[pyclass(frozen, get_all, module = "peergate._engine")]
pub struct Protocol {
    name: &'static str,
    title: &'static str,
    category: &'static str,
    layer: &'static str,
    transports: Vec<String>,
    ports: Vec<u16>,
    fields: Vec<(&'static str, &'static str)>,
}

/// Signatures, compiled.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Catalog(pub Arc<engine::apps::Catalog>);

#[pymethods]
impl Catalog {
    #[staticmethod]
    #[pyo3(signature = (files=Vec::new()))]
    fn load(py: Python<'_>, files: Vec<(String, String)>) -> PyResult<Self> {
        let texts: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        match engine::apps::Catalog::parse(&texts) {
            Ok(catalog) => Ok(Self(Arc::new(catalog))),
            Err(problems) => Err(signature_error(py, &problems)),
        }
    }

    #[getter]
    fn apps(&self) -> Vec<App> {
        let told = |app: &engine::apps::App| App {
            name: app.name.clone(),
            title: app.title.clone(),
            category: app.category.name(),
            what: app.what.clone(),
            why: app.why.clone(),
            aliases: app.aliases.clone(),
        };
        self.0.apps().iter().map(told).collect()
    }

    #[getter]
    fn categories(&self) -> Vec<&'static str> {
        engine::inspect::Category::ALL.iter().map(|category| category.name()).collect()
    }

    #[getter]
    fn protocols(&self) -> Vec<Protocol> {
        PROTOCOLS.iter().map(|protocol| told(protocol.profile())).collect()
    }

    #[getter]
    fn activities(&self) -> Vec<&'static str> {
        Activity::ALL.iter().map(|activity| activity.name()).collect()
    }
}

/// What was measured of one sign of a protocol against payloads that mean nothing.
#[pyclass(frozen, get_all, module = "peergate._engine")]
pub struct Chance {
    protocol: &'static str,
    what: &'static str,
    claimed: i16,
    noise: &'static str,
    hits: u32,
    decibans: f64,
    behind: Option<(u32, f64)>,
}

/// Asks every protocol about so many payloads of each kind.
#[pyfunction]
pub fn chance_levels(py: Python<'_>, payloads: u32, seed: u64) -> Vec<Chance> {
    let measured = py.detach(|| {
        let _ = engine::inspect::registry();
        engine::inspect::chance::measure(payloads, seed)
    });
    let told = |chance: engine::inspect::chance::Chance| Chance {
        protocol: chance.protocol.name,
        what: chance.sign.what,
        claimed: chance.sign.weight,
        noise: chance.noise.name(),
        hits: chance.hits,
        decibans: chance.decibans(),
        behind: chance.behind.map(|behind| (behind.hits, behind.decibans())),
    };
    measured.into_iter().map(told).collect()
}

fn told(profile: &engine::inspect::Profile) -> Protocol {
    Protocol {
        name: profile.name,
        title: profile.title,
        category: profile.category.name(),
        layer: profile.layer.name(),
        transports: profile.transports.iter().map(|transport| format!("{transport:?}").to_lowercase()).collect(),
        ports: profile.ports.to_vec(),
        fields: profile.fields.iter().map(|field| (field.name, field.what)).collect(),
    }
}

fn signature_error(py: Python<'_>, problems: &[engine::apps::Problem]) -> PyErr {
    let told: Vec<(String, usize, String)> =
        problems.iter().map(|problem| (problem.file.clone(), problem.line, problem.message.clone())).collect();
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let error = SignatureError::new_err(text.join("\n"));
    // Without the list the error still carries its text.
    let _ = error.value(py).setattr("problems", told);
    error
}
