//! Puts the files together: one application may be shipped in one file and extended by the user in another.

use super::file::{self, AppFile, Head, Mark, ServiceFile, SignFile};
use super::matching::Ports;
use super::problem::{Problem, Problems};
use super::reading::Said;
use super::Table;
use crate::inspect::ProtocolId;
use crate::prefix::Prefix;

/// A text, and which file said it where.
pub(super) struct Claim<T> {
    pub value: T,
    pub origin: Origin,
}

/// Which file, and where in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub file: usize,
    pub at: usize,
}

/// An application, put together from its files.
pub(super) struct Merged {
    pub name: String,
    pub first: Origin,
    pub head: Head,
    pub aliases: Vec<Claim<String>>,
    pub needs: Vec<Claim<String>>,
    pub services: Vec<MergedService>,
    pub signs: Vec<SignFile>,
}

/// A service, put together.
#[derive(Default)]
pub(super) struct MergedService {
    pub name: Option<String>,
    pub mark: Mark,
    pub protocols: Vec<Claim<ProtocolId>>,
    pub domains: Vec<Claim<String>>,
    pub stun: Vec<Claim<String>>,
    pub alpn: Vec<Claim<String>>,
    pub ja4: Vec<Claim<String>>,
    pub ports: Vec<Ports>,
    pub ranges: Vec<Prefix>,
}

/// Reads every file; applications come out in the order in which they are first named.
pub(super) fn read_all(files: &[(&str, &str)], found: &mut Vec<Problem>) -> Vec<Merged> {
    let mut apps: Vec<Merged> = Vec::new();
    let mut places: Table<String, usize> = Table::default();
    for (number, (name, text)) in files.iter().enumerate() {
        let mut problems = Problems { file: name, text, found };
        // The parser reads numbers of any length and tables of any depth; a signature has neither.
        let (root, errors) = toml::de::DeTable::parse_recoverable(text);
        for error in &errors {
            problems.at(&error.span().unwrap_or(0..0), error.message());
        }
        if !errors.is_empty() {
            continue;
        }
        let Some(file) = file::read(&root, &mut problems) else { continue };
        if let Some(app) = places.get(&file.app.value).and_then(|place| apps.get_mut(*place)) {
            app.extend(file, number);
        } else {
            places.insert(file.app.value.clone(), apps.len());
            apps.push(Merged::new(file, number));
        }
    }
    apps
}

impl Merged {
    fn new(file: AppFile, number: usize) -> Self {
        let origin = Origin { file: number, at: file.app.span.start };
        let mut app = Self {
            name: file.app.value.clone(),
            first: origin,
            aliases: Vec::new(),
            needs: Vec::new(),
            services: Vec::new(),
            signs: Vec::new(),
            head: Head::default(),
        };
        app.extend(file, number);
        app
    }

    /// What the later file says replaces single values and adds to lists.
    fn extend(&mut self, file: AppFile, number: usize) {
        let head = std::mem::take(&mut self.head);
        self.head = Head {
            title: file.head.title.or(head.title),
            category: file.head.category.or(head.category),
            media: file.head.media.or(head.media),
            activity: file.head.activity.or(head.activity),
            what: file.head.what.or(head.what),
            why: file.head.why.or(head.why),
            generic: file.head.generic.or(head.generic),
        };
        self.aliases.extend(claims(file.aliases, number));
        self.needs.extend(claims(file.needs, number));
        // The same words are the same sign, written anew: it must not count twice.
        self.signs.retain(|known| file.signs.iter().all(|sign| sign.what != known.what));
        self.signs.extend(file.signs);
        for service in file.services {
            if let Some(known) = self.services.iter_mut().find(|known| known.name == service.name) {
                known.extend(service, number);
            } else {
                let mut new = MergedService { name: service.name.clone(), ..MergedService::default() };
                new.extend(service, number);
                self.services.push(new);
            }
        }
    }
}

impl MergedService {
    fn extend(&mut self, file: ServiceFile, number: usize) {
        self.mark.category = file.mark.category.or(self.mark.category);
        self.mark.activity = file.mark.activity.or(self.mark.activity);
        self.mark.role = file.mark.role.or(self.mark.role);
        self.mark.learn = file.mark.learn.or(self.mark.learn);
        self.protocols.extend(claims(file.protocols, number));
        self.domains.extend(claims(file.domains, number));
        self.stun.extend(claims(file.stun, number));
        self.alpn.extend(claims(file.alpn, number));
        self.ja4.extend(claims(file.ja4, number));
        self.ports.extend(file.ports);
        self.ranges.extend(file.ranges);
    }
}

fn claims<T>(said: Vec<Said<T>>, file: usize) -> impl Iterator<Item = Claim<T>> {
    said.into_iter().map(move |said| Claim { value: said.value, origin: Origin { file, at: said.span.start } })
}
