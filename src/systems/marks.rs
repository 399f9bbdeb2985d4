//! Marks that an import template puts before and behind its headings, and that are no part of them.

use serde::Deserialize;

/// The marks of a system, such as `[required]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Marks(Vec<String>);

impl Marks {
    /// The heading without its marks, whatever their letter case.
    #[must_use]
    pub fn strip<'t>(&self, heading: &'t str) -> &'t str {
        let mut heading = heading.trim();
        while let Some(rest) = self.0.iter().find_map(|mark| without(heading, mark)) {
            heading = rest.trim();
        }
        heading
    }
}

/// What is left without a mark at the beginning or end, `None` where it stands at neither.
fn without<'t>(heading: &'t str, mark: &str) -> Option<&'t str> {
    let is_mark = |part: &str| !part.is_empty() && part.eq_ignore_ascii_case(mark);
    let at_start = heading.split_at_checked(mark.len()).filter(|(start, _)| is_mark(start));
    at_start.map(|(_, rest)| rest).or_else(|| {
        let at = heading.len().checked_sub(mark.len())?;
        heading.split_at_checked(at).filter(|(_, end)| is_mark(end)).map(|(rest, _)| rest)
    })
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn marks_go_from_both_ends_and_nowhere_else() {
        let marks = Marks(vec!["[required]".into(), "[updates only]".into(), String::new()]);
        for (heading, expected) in [
            ("[required] Company Name", "Company Name"),
            (" [Required]  Contact ID [UPDATES ONLY] ", "Contact ID"),
            ("Contact ID[updates only]", "Contact ID"),
            ("Is [required] here", "Is [required] here"),
            ("[required]", ""),
            ("Größe ß", "Größe ß"),
            ("Zahl ü ß[required]", "Zahl ü ß"),
            ("[requireü] Größe [updates only]", "[requireü] Größe"),
            ("", ""),
        ] {
            assert_eq!(marks.strip(heading), expected, "{heading}");
        }
    }
}
