//! `peergate._engine`: converts, releases the GIL, no logic.
#![forbid(unsafe_code)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::unused_self,
    reason = "PyO3 hands values over, and a property is a method even where all answers are the same"
)]

mod batch;
mod catalog;
mod columns;
mod flow;
mod gateway;
mod link;
mod objects;
mod policy;
mod properties;
mod reader;
mod summary;

use pyo3::prelude::*;

/// A flow takes some ten small pieces of memory and gives them back when it ends: with glibc's allocator that costs a fifth
/// more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("SignatureError", py.get_type::<catalog::SignatureError>())?;
    module.add("CaptureError", py.get_type::<reader::CaptureError>())?;
    module.add_class::<batch::Batch>()?;
    module.add_class::<catalog::App>()?;
    module.add_class::<catalog::Catalog>()?;
    module.add_class::<catalog::Chance>()?;
    module.add_class::<catalog::Protocol>()?;
    module.add_class::<flow::Evidence>()?;
    module.add_class::<flow::Flow>()?;
    module.add("GatewayError", py.get_type::<gateway::GatewayError>())?;
    module.add_class::<gateway::Events>()?;
    module.add_class::<gateway::Gateway>()?;
    module.add_class::<link::Link>()?;
    module.add_class::<objects::Call>()?;
    module.add_class::<objects::Host>()?;
    module.add_class::<objects::Leg>()?;
    module.add_class::<objects::Quality>()?;
    module.add_class::<policy::Policy>()?;
    module.add_class::<policy::Explanation>()?;
    module.add_class::<reader::Reader>()?;
    module.add_class::<summary::Summary>()?;
    module.add_class::<summary::Total>()?;
    module.add_function(wrap_pyfunction!(catalog::chance_levels, module)?)?;
    module.add_function(wrap_pyfunction!(gateway::missing, module)?)?;
    module.add_function(wrap_pyfunction!(version, module)?)?;
    module.add_function(wrap_pyfunction!(flow::community_id, module)?)
}

/// The version of the package.
#[pyfunction]
const fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
