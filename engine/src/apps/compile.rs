//! From signature files to tables: everything that is looked up while packets pass is laid out here, once.

use super::categories;
use super::clues::{use_of, Clue, FieldUse, Service, Shape, ALPN, IN_RANGE, JA4, ON_PORT, STUN_NAME};
use super::file::{Mark, SignFile};
use super::merge::{read_all, Claim, Merged, Origin};
use super::names::Suffixes;
use super::problem::{unknown_word, Problem, Problems};
use super::rules::Rules;
use super::{App, AppId, Catalog, CategoryInfo, Learn, Table};
use crate::inspect::{registry, Category, ProtocolId, PROTOCOLS};

/// What comes with the program: path and text.
pub(super) static SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/signatures.rs"));

const CATEGORIES: &str = "signatures/categories.toml";

/// "unknown", as an application.
pub(super) fn nobody() -> App {
    app("unknown", "Unknown", Category::Unknown)
}

fn app(name: &str, title: &str, category: Category) -> App {
    App {
        name: name.to_owned(),
        title: title.to_owned(),
        category,
        media: None,
        activity: None,
        what: String::new(),
        why: String::new(),
        aliases: Vec::new(),
        needs: Vec::new(),
        generic: false,
        learn: Learn::Nothing,
        services: Vec::new(),
        signed: false,
    }
}

/// Compiles the shipped files and the user's; with the mistakes, in order of file and line.
pub(super) fn catalog(shipped: &[(&str, &str)], users: &[(&str, &str)]) -> (Catalog, Vec<Problem>) {
    let mut found = Vec::new();
    let text = SHIPPED.iter().find(|(path, _)| *path == CATEGORIES).map_or("", |(_, text)| text);
    let categories = categories::read(CATEGORIES, text, &mut found);
    let shipped: Vec<_> = shipped.iter().filter(|(path, _)| *path != CATEGORIES).copied().collect();
    let files: Vec<_> = shipped.iter().chain(users).copied().collect();
    let merged = read_all(&files, &mut found);
    let mut compiler = Compiler { files: &files, shipped: shipped.len(), found, catalog: empty(categories) };
    compiler.name_apps(&merged);
    for (id, app) in (1..).map(AppId).zip(merged) {
        compiler.add(id, app);
    }
    compiler.found.sort();
    (compiler.catalog, compiler.found)
}

fn empty(categories: Vec<CategoryInfo>) -> Catalog {
    let fields = registry().fields();
    let uses: Vec<_> = std::iter::once(FieldUse::None).chain(fields.iter().map(|field| use_of(field.name))).collect();
    Catalog {
        apps: vec![nobody()],
        by_name: Table::from_iter([("unknown".to_owned(), AppId::UNKNOWN)]),
        categories,
        services: Vec::new(),
        services_of: vec![(0, 0)],
        clues: Vec::new(),
        claims: vec![None; PROTOCOLS.len() + 1],
        plain: vec![AppId::UNKNOWN; PROTOCOLS.len() + 1],
        heeded: uses.iter().map(|used| !matches!(used, FieldUse::None)).collect(),
        uses,
        domains: Suffixes::default(),
        stun: Suffixes::default(),
        alpn: Table::default(),
        ja4: Table::default(),
        rules: Rules::default(),
    }
}

struct Compiler<'f> {
    files: &'f [(&'f str, &'f str)],
    /// So many of the files are shipped; what comes after may take over what they claim.
    shipped: usize,
    found: Vec<Problem>,
    catalog: Catalog,
}

impl Compiler<'_> {
    fn problem(&mut self, origin: Origin, message: String) {
        if let Some((file, text)) = self.files.get(origin.file) {
            Problems { file, text, found: &mut self.found }.at(&(origin.at..origin.at), message);
        }
    }

    /// Numbers the signed applications, then the protocols that no signature is named after.
    fn name_apps(&mut self, merged: &[Merged]) {
        for signed in merged {
            let head = &signed.head;
            let category = head.category.unwrap_or(Category::Unknown);
            let known = App {
                media: head.media,
                activity: head.activity,
                what: head.what.clone().unwrap_or_default(),
                why: head.why.clone().unwrap_or_default(),
                generic: head.generic.unwrap_or_default(),
                learn: signed.services.first().and_then(|whole| whole.mark.learn).unwrap_or_default(),
                services: signed.services.iter().filter_map(|service| service.name.clone()).collect(),
                aliases: signed.aliases.iter().map(|alias| alias.value.clone()).collect(),
                signed: true,
                ..app(&signed.name, head.title.as_deref().unwrap_or(&signed.name), category)
            };
            let id = self.push(known);
            self.catalog.by_name.insert(signed.name.clone(), id);
        }
        for (id, signed) in (1..).map(AppId).zip(merged) {
            self.aliases(id, signed);
        }
        for (place, protocol) in (1..).zip(PROTOCOLS) {
            let profile = protocol.profile();
            let id = match self.catalog.by_name.get(profile.name) {
                Some(id) => *id,
                None => self.push(app(profile.name, profile.title, profile.category)),
            };
            self.catalog.by_name.insert(profile.name.to_owned(), id);
            if let Some(plain) = self.catalog.plain.get_mut::<usize>(place) {
                *plain = id;
            }
            self.claim_namesake(id, place);
        }
    }

    /// A protocol that has the name of a program is that program's, unless the name stands for all who speak it.
    fn claim_namesake(&mut self, id: AppId, place: usize) {
        let app = self.catalog.app(id);
        let Ok(protocol) = u8::try_from(place) else { return };
        if app.signed && !app.generic {
            let clue = self.clue(id, 0, Mark::default(), Shape::Protocol(ProtocolId(protocol)));
            if let Some(slot) = self.catalog.claims.get_mut(place) {
                *slot = Some(clue);
            }
        }
    }

    fn push(&mut self, app: App) -> AppId {
        // More applications than 65,535 would be a mistake in itself; the last number then stands for the rest.
        let id = AppId(u16::try_from(self.catalog.apps.len()).unwrap_or(u16::MAX));
        self.catalog.apps.push(app);
        id
    }

    fn add(&mut self, id: AppId, app: Merged) {
        self.check(&app);
        self.needs(id, &app);
        let first = self.catalog.services.len();
        for service in app.services {
            self.protocols(id, service.mark, service.protocols);
            let mark = service.mark;
            for (list, texts) in [
                (List::Domain, service.domains),
                (List::Stun, service.stun),
                (List::Alpn, service.alpn),
                (List::Ja4, service.ja4),
            ] {
                for text in &texts {
                    self.text(id, mark, list, text);
                }
            }
            let port_clue = self.clue(id, ON_PORT, Mark::default(), Shape::Port);
            let range_clue = self.clue(id, IN_RANGE, Mark::default(), Shape::Range);
            let (ports, ranges) = (service.ports, service.ranges);
            self.catalog.services.push(Service { ports, ranges, port_clue, range_clue });
        }
        self.catalog.services_of.push((number(first), number(self.catalog.services.len())));
        for sign in app.signs {
            self.sign(id, sign);
        }
    }

    fn check(&mut self, app: &Merged) {
        let head = &app.head;
        let controlled = head.category.is_some_and(|category| {
            self.catalog.categories.iter().any(|info| info.category == category && info.controlled)
        });
        let missing = [
            ("title", head.title.is_none()),
            ("category", head.category.is_none()),
            ("what", head.what.is_none()),
            ("why", controlled && head.why.is_none()),
        ];
        for (key, _) in missing.into_iter().filter(|(_, missing)| *missing) {
            self.problem(app.first, format!("\"{}\" has no \"{key}\"; add the line {key} = \"…\"", app.name));
        }
        if app.name == "unknown" {
            self.problem(app.first, "\"unknown\" is what flows are that nobody recognises; choose another name".into());
        }
    }

    fn aliases(&mut self, id: AppId, app: &Merged) {
        for alias in &app.aliases {
            match self.catalog.by_name.get(&alias.value) {
                Some(other) if *other != id => {
                    let other = self.catalog.app(*other).name.clone();
                    self.problem(alias.origin, format!("\"{}\" is already a name of {other}", alias.value));
                }
                _ => {
                    self.catalog.by_name.insert(alias.value.clone(), id);
                }
            }
        }
    }

    fn needs(&mut self, id: AppId, app: &Merged) {
        for need in &app.needs {
            let Some(other) = self.catalog.by_name.get(&need.value).copied() else {
                let message = unknown_word("app", &need.value, self.catalog.names());
                self.problem(need.origin, message);
                continue;
            };
            if let Some(known) = self.catalog.apps.get_mut(usize::from(id.0)) {
                known.needs.push(other);
            }
        }
    }

    fn protocols(&mut self, id: AppId, mark: Mark, protocols: Vec<Claim<ProtocolId>>) {
        for claim in protocols {
            let place = usize::from(claim.value.0);
            let new = self.clue(id, 0, mark, Shape::Protocol(claim.value));
            let before = self.catalog.claims.get(place).copied().flatten();
            if !self.taken(id, before, &claim.origin, "this protocol") {
                if let Some(slot) = self.catalog.claims.get_mut(place) {
                    *slot = Some(new);
                }
            }
        }
    }

    fn text(&mut self, id: AppId, mark: Mark, list: List, claim: &Claim<String>) {
        let words: Box<str> = claim.value.as_str().into();
        let (weight, shape): (i16, fn(Box<str>) -> Shape) = match list {
            List::Domain => (0, Shape::Domain),
            List::Stun => (STUN_NAME, Shape::Stun),
            List::Alpn => (ALPN, Shape::Alpn),
            List::Ja4 => (JA4, Shape::Ja4),
        };
        let new = self.clue(id, weight, mark, shape(words));
        let before = self.catalog.claimed(list, &claim.value);
        if !self.taken(id, before, &claim.origin, &claim.value) {
            self.catalog.claim(list, &claim.value, new);
        }
    }

    /// Whether somebody else has it already, and may keep it: then that is a mistake.
    fn taken(&mut self, id: AppId, before: Option<u32>, origin: &Origin, what: &str) -> bool {
        let owner = before.and_then(|clue| self.catalog.clues.get(clue as usize)).map(|clue| clue.app);
        let Some(owner) = owner.filter(|owner| *owner != id && origin.file < self.shipped) else { return false };
        let owner = self.catalog.app(owner).name.clone();
        self.problem(*origin, format!("{what} is already claimed by {owner}"));
        true
    }

    fn sign(&mut self, id: AppId, sign: SignFile) {
        let clue = self.clue(id, sign.weight, sign.mark, Shape::Rule(sign.what.as_str().into()));
        for (field, _) in &sign.facts {
            if let Some(heeded) = self.catalog.heeded.get_mut(usize::from(field.id())) {
                *heeded = true;
            }
        }
        self.catalog.rules.add(clue, sign);
    }

    fn clue(&mut self, app: AppId, weight: i16, mark: Mark, shape: Shape) -> u32 {
        let place = number(self.catalog.clues.len());
        self.catalog.clues.push(Clue { app, weight, mark, shape });
        place
    }
}

#[derive(Clone, Copy)]
enum List {
    Domain,
    Stun,
    Alpn,
    Ja4,
}

impl Catalog {
    fn claimed(&self, list: List, text: &str) -> Option<u32> {
        match list {
            List::Domain => self.domains.exactly(text),
            List::Stun => self.stun.exactly(text),
            List::Alpn => self.alpn.get(text.as_bytes()).copied(),
            List::Ja4 => self.ja4.get(text.as_bytes()).copied(),
        }
    }

    fn claim(&mut self, list: List, text: &str, clue: u32) {
        match list {
            List::Domain => self.domains.insert(text, clue),
            List::Stun => self.stun.insert(text, clue),
            List::Alpn => drop(self.alpn.insert(text.as_bytes().into(), clue)),
            List::Ja4 => drop(self.ja4.insert(text.as_bytes().into(), clue)),
        }
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
