//! The categories: their titles, what they hold, and which of them are there to be controlled.

use super::problem::{Problem, Problems};
use super::reading::Section;
use crate::inspect::Category;

/// What is said of a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryInfo {
    /// Which.
    pub category: Category,
    /// As people write it: `Calls`.
    pub title: String,
    /// One sentence: what it holds.
    pub what: String,
    /// Whether policies are expected to speak of it; its applications must say why.
    pub controlled: bool,
}

/// Reads `categories.toml`: one table for each category that the engine knows.
pub(super) fn read(file: &str, text: &str, found: &mut Vec<Problem>) -> Vec<CategoryInfo> {
    let mut problems = Problems { file, text, found };
    let root = match toml::de::DeTable::parse(text) {
        Ok(root) => root,
        Err(error) => {
            problems.at(&error.span().unwrap_or(0..0), error.message());
            return Category::ALL.into_iter().map(plain).collect();
        }
    };
    let words = Category::ALL.map(Category::name);
    let section = Section::new(root.get_ref(), root.span(), &words, &mut problems);
    Category::ALL.into_iter().map(|category| one(category, &section, &mut problems)).collect()
}

fn one(category: Category, root: &Section<'_>, problems: &mut Problems<'_>) -> CategoryInfo {
    const KEYS: &[&str] = &["title", "what", "controlled"];
    let sections = root.sections(category.name(), KEYS, problems);
    let Some(section) = sections.first() else {
        problems.at(&(0..0), format!("the category \"{}\" is missing", category.name()));
        return plain(category);
    };
    let mut text = |key| section.text(key, problems).map(|said| said.value.to_owned());
    let (title, what) = (text("title"), text("what"));
    let controlled = section.flag("controlled", problems);
    for key in KEYS.iter().filter(|key| !section.has(key)) {
        problems.at(&section.span, format!("the category \"{}\" needs {key}", category.name()));
    }
    CategoryInfo {
        category,
        title: title.unwrap_or_default(),
        what: what.unwrap_or_default(),
        controlled: controlled.unwrap_or_default(),
    }
}

fn plain(category: Category) -> CategoryInfo {
    CategoryInfo { category, title: category.name().to_owned(), what: String::new(), controlled: false }
}
