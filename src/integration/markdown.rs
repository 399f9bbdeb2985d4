//! Markdown: headings, sentences and tables, with everything that comes from a system made harmless.

use crate::report::words::{plural, thousands};

/// A document that grows.
pub(super) struct Page {
    text: String,
}

impl Page {
    /// A document with a title, which is Markdown already.
    pub fn new(title: &str) -> Self {
        Self { text: format!("# {title}\n") }
    }

    /// A heading of the second level.
    pub fn section(&mut self, heading: &str) {
        self.text.push_str(&format!("\n## {heading}\n"));
    }

    /// A heading of the third level.
    pub fn part(&mut self, heading: &str) {
        self.text.push_str(&format!("\n### {heading}\n"));
    }

    /// A paragraph, which is Markdown already.
    pub fn say(&mut self, sentence: &str) {
        self.text.push_str(&format!("\n{sentence}\n"));
    }

    /// A list of items, which are Markdown already.
    pub fn items(&mut self, items: &[String]) {
        self.text.push('\n');
        for item in items {
            self.text.push_str(&format!("* {item}\n"));
        }
    }

    /// A table of texts; columns whose heading starts with `>` are numbers. Without a row it says so.
    pub fn table(&mut self, headings: &[&str], rows: &[Vec<String>]) {
        if rows.is_empty() {
            self.say("None.");
            return;
        }
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        self.text.push('\n');
        self.text.push_str(&line(headings.iter().map(|it| it.trim_start_matches('>').to_owned()).collect()));
        let ruler = headings.iter().map(|heading| if heading.starts_with('>') { "---:" } else { "---" });
        self.text.push_str(&line(ruler.map(str::to_owned).collect()));
        for row in rows {
            let cells = headings.iter().zip(row).map(|(heading, cell)| match cell.parse::<u64>() {
                Ok(number) if heading.starts_with('>') => thousands(number),
                _ => escaped(cell),
            });
            self.text.push_str(&line(cells.collect()));
        }
    }

    /// Says how many rows a table left out, and which SQL shows all.
    pub fn rest(&mut self, left_out: u64, sql: &str) {
        let rows = plural(left_out, "row");
        self.say(&format!("{} more {rows}: `{sql}`", thousands(left_out)));
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

/// The most characters of a cell.
const CELL: usize = 200;

/// A text that Markdown and the HTML in it take for nothing but itself, on one line, cut at 200 characters.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, letter) in text.trim().chars().enumerate() {
        if at == CELL {
            escaped.push('…');
            break;
        }
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '!' => escaped.extend(['\\', letter]),
            // Line breaks, tabs, and the marks that turn the direction of a text around.
            _ if letter.is_control()
                || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                escaped.push(' ');
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_leave_their_table() {
        assert_eq!(escaped("a|b\nc"), "a\\|b c");
        assert_eq!(
            escaped("<img src=x onerror=1> `x` [y](z)"),
            "&lt;img src=x onerror=1&gt; \\`x\\` \\[y\\](z)"
        );
        assert_eq!(escaped("R&D \\ *bold* _x_"), "R&amp;D \\\\ \\*bold\\* \\_x\\_");
        assert_eq!(escaped("safe\u{202e}txt.exe"), "safe txt.exe");
        assert_eq!(escaped(&"x".repeat(300)).chars().count(), 201);
    }

    #[test]
    fn numbers_are_grouped_in_columns_of_numbers_alone() {
        let mut page = Page::new("t");
        page.table(&["Id", ">Count"], &[vec!["12345".into(), "12345".into()]]);
        assert_eq!(page.into_text(), "# t\n\n| Id | Count |\n| --- | ---: |\n| 12345 | 12,345 |\n");
    }

    #[test]
    fn a_table_without_rows_says_so() {
        let mut page = Page::new("t");
        page.table(&["Id"], &[]);
        assert_eq!(page.into_text(), "# t\n\nNone.\n");
    }
}
