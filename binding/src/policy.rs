//! Policies, as Python configures and questions them.

use std::sync::Arc;

use peergate_datapath::gateway::Rules;
use peergate_engine::apps::{Activity, AppId, Role};
use peergate_engine::hosts::Excuse;
use peergate_engine::inspect::{registry, Category, ProtocolId};
use peergate_engine::packet::Addr;
use peergate_engine::policy::{GroupSpec, RuleSpec, Subject};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::catalog::Catalog;

/// Groups and rules, compiled.
#[pyclass(frozen, module = "peergate._engine")]
pub struct Policy {
    pub compiled: Arc<peergate_engine::policy::Policy>,
    catalog: Arc<peergate_engine::apps::Catalog>,
}

/// What a policy says about a flow, and why.
#[pyclass(frozen, get_all, module = "peergate._engine")]
pub struct Explanation {
    rule: String,
    action: &'static str,
    /// The group of the client, where it is in one.
    src_group: Option<String>,
    /// The group of the server.
    dest_group: Option<String>,
    /// The rules before it, and why each did not match.
    tried: Vec<(String, String)>,
}

#[pymethods]
impl Policy {
    #[staticmethod]
    #[pyo3(signature = (groups, rules, catalog, hosts=Vec::new()))]
    fn compile(
        groups: Vec<(String, Vec<String>)>,
        rules: Vec<Bound<'_, PyDict>>,
        catalog: &Catalog,
        hosts: Vec<(String, Vec<String>, String)>,
    ) -> PyResult<Self> {
        let groups: Vec<GroupSpec> = groups.into_iter().map(|(name, prefixes)| GroupSpec { name, prefixes }).collect();
        let rules = rules.iter().map(rule).collect::<PyResult<Vec<_>>>()?;
        let compiled = peergate_engine::policy::Policy::compile(&groups, &rules, &catalog.0).map_err(|problems| {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            PyValueError::new_err(told.join("\n"))
        })?;
        let excuses: Result<Vec<Excuse>, String> = hosts.iter().map(excuse).collect();
        let compiled = compiled.excusing(excuses.map_err(PyValueError::new_err)?);
        Ok(Self { compiled: Arc::new(compiled), catalog: Arc::clone(&catalog.0) })
    }

    /// Which rule decides about such a flow, and what the rules before it said.
    #[pyo3(signature = (src, dest, app=None, protocol=None, category=None, activity=None, role=None, confidence=1.0))]
    #[allow(clippy::too_many_arguments, reason = "each is one word of the question; Python names them")]
    fn explain(
        &self,
        src: &str,
        dest: &str,
        app: Option<&str>,
        protocol: Option<&str>,
        category: Option<&str>,
        activity: Option<&str>,
        role: Option<&str>,
        confidence: f64,
    ) -> PyResult<Explanation> {
        let app = match app {
            Some(name) => self.catalog.by_name(name).ok_or_else(|| unknown("app", name))?,
            None => AppId::UNKNOWN,
        };
        let category = match category {
            Some(name) => Category::from_name(name).ok_or_else(|| unknown("category", name))?,
            None => self.catalog.app(app).category,
        };
        let protocol = match protocol {
            Some(name) => registry().by_name(name).ok_or_else(|| unknown("protocol", name))?,
            None => ProtocolId::NONE,
        };
        let activity = match activity {
            Some(name) => Activity::from_name(name).ok_or_else(|| unknown("activity", name))?,
            None => Activity::Unknown,
        };
        let role = match role {
            Some(name) => Role::from_name(name).ok_or_else(|| unknown("role", name))?,
            None => Role::Unknown,
        };
        let (client, server) = (address(src)?, address(dest)?);
        Ok(self.answer(&Subject { client, server, app, category, protocol, activity, role, confidence }))
    }
}

impl Policy {
    /// With the signatures that it was compiled against.
    pub fn rules(&self) -> Rules {
        Rules { catalog: Arc::clone(&self.catalog), policy: Arc::clone(&self.compiled) }
    }

    fn answer(&self, subject: &Subject) -> Explanation {
        let decision = self.compiled.decide(subject);
        let name = |rule: u16| self.compiled.rule_name(rule).to_owned();
        let group = |end: Addr| self.compiled.group(end).map(|id| self.compiled.group_name(id).to_owned());
        let before = self.compiled.explain(subject).into_iter().filter(|asked| !asked.matched());
        Explanation {
            rule: decision.rule.map(name).unwrap_or_default(),
            action: decision.action.name(),
            src_group: group(subject.client),
            dest_group: group(subject.server),
            tried: before
                .map(|asked| {
                    let why: Vec<&str> = asked.why_not.iter().map(|why| why.sentence()).collect();
                    (name(asked.rule), why.join(", "))
                })
                .collect(),
        }
    }
}

fn rule(given: &Bound<'_, PyDict>) -> PyResult<RuleSpec> {
    Ok(RuleSpec {
        name: word(given, "name")?,
        app: words(given, "app")?,
        category: words(given, "category")?,
        protocol: words(given, "protocol")?,
        activity: words(given, "activity")?,
        role: words(given, "role")?,
        group: words(given, "group")?,
        src_group: words(given, "src_group")?,
        dest_group: words(given, "dest_group")?,
        action: word(given, "action")?,
        min_confidence: present(given, "min_confidence")?.map_or(Ok(0.0), |value| value.extract())?,
    })
}

/// A prefix, the roles that its hosts may play, and why.
fn excuse((prefix, roles, reason): &(String, Vec<String>, String)) -> Result<Excuse, String> {
    let role = |word: &String| Role::from_name(word).ok_or_else(|| format!("unknown role \"{word}\""));
    let roles = roles.iter().map(role).collect::<Result<_, _>>()?;
    Ok(Excuse { prefix: prefix.parse()?, roles, reason: reason.clone() })
}

fn present<'py>(given: &Bound<'py, PyDict>, key: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    Ok(given.get_item(key)?.filter(|value| !value.is_none()))
}

fn word(given: &Bound<'_, PyDict>, key: &str) -> PyResult<String> {
    present(given, key)?.map_or_else(|| Ok(String::new()), |value| value.extract())
}

fn words(given: &Bound<'_, PyDict>, key: &str) -> PyResult<Vec<String>> {
    present(given, key)?.map_or_else(|| Ok(Vec::new()), |value| value.extract())
}

fn unknown(kind: &str, name: &str) -> PyErr {
    PyValueError::new_err(format!("unknown {kind} \"{name}\""))
}

fn address(text: &str) -> PyResult<Addr> {
    let ip: std::net::IpAddr =
        text.parse().map_err(|_| PyValueError::new_err(format!("\"{text}\" is not an IP address")))?;
    Ok(ip.into())
}
