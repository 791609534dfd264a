//! One signature file, read and checked by itself: its words are known words, its names are names, its numbers in range.

use std::ops::Range;

use super::matching::{transport_from, Pattern, Ports, Want};
use super::names::is_domain;
use super::problem::Problems;
use super::reading::{Said, Section};
use super::words::{Activity, Role};
use super::{wants, Learn};
use crate::facts::Field;
use crate::inspect::{registry, Category, ProtocolId, KEPT_OF_OPENING, PROTOCOLS};
use crate::packet::{Side, Transport};
use crate::prefix::Prefix;

/// What one file says of an application.
pub(super) struct AppFile {
    pub app: Said<String>,
    pub head: Head,
    pub aliases: Vec<Said<String>>,
    pub needs: Vec<Said<String>>,
    /// The first is the application as a whole, without a name.
    pub services: Vec<ServiceFile>,
    pub signs: Vec<SignFile>,
}

/// What an application is said to be.
#[derive(Default)]
pub(super) struct Head {
    pub title: Option<String>,
    pub category: Option<Category>,
    pub media: Option<Category>,
    pub activity: Option<Activity>,
    pub what: Option<String>,
    pub why: Option<String>,
    pub generic: Option<bool>,
}

/// What flows of one service of an application show.
pub(super) struct ServiceFile {
    pub name: Option<String>,
    pub mark: Mark,
    pub protocols: Vec<Said<ProtocolId>>,
    pub domains: Vec<Said<String>>,
    pub stun: Vec<Said<String>>,
    pub alpn: Vec<Said<String>>,
    pub ja4: Vec<Said<String>>,
    pub ports: Vec<Ports>,
    pub ranges: Vec<Prefix>,
}

/// What a flow is that shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub category: Option<Category>,
    pub activity: Option<Activity>,
    pub role: Option<Role>,
    pub learn: Option<Learn>,
}

/// A rule: all of its conditions must hold.
pub(super) struct SignFile {
    pub what: String,
    pub weight: i16,
    pub mark: Mark,
    pub protocols: Vec<ProtocolId>,
    pub transport: Option<Transport>,
    pub facts: Vec<(&'static Field, Want)>,
    pub bytes: Vec<BytesWant>,
    pub lengths: Vec<LengthWant>,
    pub ports: Vec<Ports>,
    pub ranges: Vec<Prefix>,
}

/// A pattern in the first payload of a side, or of either.
pub(super) struct BytesWant {
    pub side: Option<Side>,
    pub at: usize,
    pub pattern: Pattern,
}

/// How long the first payload of a side must be.
pub(super) struct LengthWant {
    pub side: Option<Side>,
    pub from: u32,
    pub to: u32,
}

const APP_KEYS: &[&str] = &[
    "app",
    "title",
    "category",
    "media",
    "activity",
    "what",
    "why",
    "aliases",
    "needs",
    "generic",
    "learn",
    "protocols",
    "domains",
    "stun",
    "alpn",
    "ja4",
    "ports",
    "ranges",
    "service",
    "sign",
];
const SERVICE_KEYS: &[&str] = &[
    "name",
    "category",
    "activity",
    "role",
    "learn",
    "protocols",
    "domains",
    "stun",
    "alpn",
    "ja4",
    "ports",
    "ranges",
];
const SIGN_KEYS: &[&str] = &[
    "what",
    "weight",
    "category",
    "activity",
    "role",
    "learn",
    "protocol",
    "transport",
    "facts",
    "bytes",
    "length",
    "ports",
    "ranges",
];

/// Reads the root table of a file; nothing where it does not even say which application.
pub(super) fn read(root: &toml::Spanned<toml::de::DeTable<'_>>, problems: &mut Problems<'_>) -> Option<AppFile> {
    let section = Section::new(root.get_ref(), root.span(), APP_KEYS, problems);
    let services = section.sections("service", SERVICE_KEYS, problems);
    let signs = section.sections("sign", SIGN_KEYS, problems);
    let mut services: Vec<_> = services.iter().map(|service| read_service(service, problems)).collect();
    for service in services.iter().filter(|service| service.0.name.is_none()) {
        problems.at(&service.1, "a service needs a name, such as \"log-on\", \"media\", \"relay\" or \"files\"");
    }
    let whole = read_service(&section, problems);
    services.insert(0, whole);
    let app = section.text("app", problems);
    if app.is_none() && !section.has("app") {
        problems.at(&(0..0), "the file must say which application it is for: app = \"…\"");
    }
    Some(AppFile {
        head: Head {
            title: owned(section.text("title", problems)),
            // One that is misspelt is told; that there is none must not be told besides.
            category: category(&section, "category", problems)
                .or_else(|| section.has("category").then_some(Category::Unknown)),
            media: category(&section, "media", problems),
            activity: activity(&section, problems),
            what: owned(section.text("what", problems)),
            why: owned(section.text("why", problems)),
            generic: section.flag("generic", problems),
        },
        aliases: words(&section, "aliases", problems),
        needs: words(&section, "needs", problems),
        services: services.into_iter().map(|(service, _)| service).collect(),
        signs: signs.iter().filter_map(|sign| read_sign(sign, problems)).collect(),
        app: word(app?, "app", problems)?,
    })
}

fn read_service(section: &Section<'_>, problems: &mut Problems<'_>) -> (ServiceFile, Range<usize>) {
    let named = section.has("name").then(|| owned(section.text("name", problems))).flatten();
    let service = ServiceFile {
        name: named,
        mark: read_mark(section, problems),
        protocols: protocols(section, "protocols", problems),
        domains: domains(section, problems),
        stun: lower(section, "stun", problems),
        alpn: strings(section, "alpn", problems),
        ja4: strings(section, "ja4", problems),
        ports: values(section.parsed("ports", problems)),
        ranges: values(section.parsed("ranges", problems)),
    };
    (service, section.span.clone())
}

fn read_mark(section: &Section<'_>, problems: &mut Problems<'_>) -> Mark {
    Mark {
        // The application's own category and activity are read with the application.
        category: if section.has("app") { None } else { category(section, "category", problems) },
        activity: if section.has("app") { None } else { activity(section, problems) },
        role: section.word("role", Role::from_name, &names_of(Role::ALL, Role::name), problems),
        learn: section.word("learn", Learn::from_name, &Learn::WORDS, problems),
    }
}

fn read_sign(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<SignFile> {
    const BYTES: &[&str] = &["side", "at", "hex"];
    const LENGTH: &[&str] = &["side", "from", "to"];
    let told = problems.found.len();
    let weight = section.number("weight", 1, 200, problems);
    let what = section.text("what", problems);
    for key in ["weight", "what"].into_iter().filter(|key| !section.has(key)) {
        problems.at(&section.span, format!("a sign needs {key}"));
    }
    let bytes = section.sections("bytes", BYTES, problems);
    let lengths = section.sections("length", LENGTH, problems);
    let sign = SignFile {
        mark: read_mark(section, problems),
        protocols: values(protocols(section, "protocol", problems)),
        transport: section.word("transport", transport_from, &["tcp", "udp", "sctp"], problems),
        facts: wants::facts(section, problems),
        bytes: bytes.iter().filter_map(|bytes| read_bytes(bytes, problems)).collect(),
        lengths: lengths.iter().map(|length| read_length(length, problems)).collect(),
        ports: values(section.parsed("ports", problems)),
        ranges: values(section.parsed("ranges", problems)),
        what: what?.value.to_owned(),
        weight: i16::try_from(weight?).ok()?,
    };
    if sign.protocols.is_empty() && sign.facts.is_empty() && sign.bytes.is_empty() {
        // A port or a size alone would name every flow that happens to have it. What it holds on to may only be misspelt.
        if problems.found.len() == told {
            problems.at(&section.span, "a sign needs a protocol, a fact or bytes to hold on to");
        }
        return None;
    }
    let worth: i64 = sign.bytes.iter().map(|bytes| bytes.pattern.chance()).sum();
    if sign.protocols.is_empty() && sign.facts.is_empty() && i64::from(sign.weight) > worth {
        problems.at(&section.span, format!("by chance its bytes are worth {worth} decibans, less than its weight"));
    }
    Some(sign)
}

fn read_bytes(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<BytesWant> {
    let last = i64::try_from(KEPT_OF_OPENING).ok()? - 1;
    let at = section.number("at", 0, last, problems).unwrap_or(0);
    let at = usize::try_from(at).ok()?;
    let hex = section.text("hex", problems)?;
    match hex.value.parse::<Pattern>() {
        Ok(pattern) if at + pattern.len() <= KEPT_OF_OPENING => {
            Some(BytesWant { side: side(section, problems), at, pattern })
        }
        Ok(_) => {
            problems.at(&hex.span, format!("a pattern must lie in the first {KEPT_OF_OPENING} bytes"));
            None
        }
        Err(message) => {
            problems.at(&hex.span, message);
            None
        }
    }
}

fn read_length(section: &Section<'_>, problems: &mut Problems<'_>) -> LengthWant {
    let mut bound = |key, other: u32| {
        let number = section.number(key, 0, 65_535, problems);
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or(other)
    };
    LengthWant { from: bound("from", 0), to: bound("to", u32::MAX), side: side(section, problems) }
}

fn side(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Side> {
    let from = |word: &str| match word {
        "client" => Some(Side::Client),
        "server" => Some(Side::Server),
        _ => None,
    };
    section.word("side", from, &["client", "server"], problems)
}

fn category(section: &Section<'_>, key: &str, problems: &mut Problems<'_>) -> Option<Category> {
    section.word(key, Category::from_name, &names_of(&Category::ALL, Category::name), problems)
}

fn activity(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Activity> {
    section.word("activity", Activity::from_name, &names_of(Activity::ALL, Activity::name), problems)
}

fn protocols(section: &Section<'_>, key: &str, problems: &mut Problems<'_>) -> Vec<Said<ProtocolId>> {
    let mut ids = Vec::new();
    for said in section.texts(key, problems) {
        if let Some(value) = registry().by_name(said.value) {
            ids.push(Said { value, span: said.span });
        } else {
            let right = PROTOCOLS.iter().map(|protocol| protocol.profile().name);
            problems.unknown(&said.span, "protocol", said.value, right);
        }
    }
    ids
}

fn domains(section: &Section<'_>, problems: &mut Problems<'_>) -> Vec<Said<String>> {
    let mut domains = strings(section, "domains", problems);
    domains.retain(|domain| {
        let right = is_domain(&domain.value);
        if !right {
            problems.at(
                &domain.span,
                format!("\"{}\" is not a domain such as \"example.com\", which holds all below it too", domain.value),
            );
        }
        right
    });
    domains
}

fn strings(section: &Section<'_>, key: &str, problems: &mut Problems<'_>) -> Vec<Said<String>> {
    let texts = section.texts(key, problems).into_iter();
    texts.map(|said| Said { value: said.value.to_owned(), span: said.span }).collect()
}

fn lower(section: &Section<'_>, key: &str, problems: &mut Problems<'_>) -> Vec<Said<String>> {
    let texts = section.texts(key, problems).into_iter();
    texts.map(|said| Said { value: said.value.to_ascii_lowercase(), span: said.span }).collect()
}

fn words(section: &Section<'_>, key: &str, problems: &mut Problems<'_>) -> Vec<Said<String>> {
    section.texts(key, problems).into_iter().filter_map(|said| word(said, key, problems)).collect()
}

/// An application's name: it stands in policies and columns.
fn word(said: Said<&str>, key: &str, problems: &mut Problems<'_>) -> Option<Said<String>> {
    let right = said.value.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if !right {
        problems.at(&said.span, format!("{key}: \"{}\" must be lower-case letters, digits and \"-\"", said.value));
    }
    right.then(|| Said { value: said.value.to_owned(), span: said.span })
}

fn owned(said: Option<Said<&str>>) -> Option<String> {
    said.map(|said| said.value.to_owned())
}

fn values<T>(said: Vec<Said<T>>) -> Vec<T> {
    said.into_iter().map(|said| said.value).collect()
}

fn names_of<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|word| name(*word)).collect()
}
