//! Tables for a terminal: aligned columns, numbers to the right, one row per line.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, Width, presets};

use super::printer::{Paint, Tone};

/// A table without lines, for what the program itself says.
#[derive(Debug)]
pub struct Columns {
    headings: Vec<String>,
    is_number: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// A table with these headings; a heading that starts with `>` is one of numbers, which stand on the right.
    #[must_use]
    pub fn new(headings: &[&str]) -> Self {
        Self {
            headings: headings.iter().map(|heading| heading.trim_start_matches('>').to_owned()).collect(),
            is_number: headings.iter().map(|heading| heading.starts_with('>')).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, indented by two, every line ended.
    #[must_use]
    pub fn render(&self, paint: Paint) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if self.headings.iter().any(|heading| !heading.is_empty()) {
            table.set_header(self.cells(&self.headings));
        }
        for row in &self.rows {
            table.add_row(self.cells(row));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let has_headings = table.header().is_some();
        let mut text = String::new();
        for (position, line) in table.lines().enumerate() {
            let line = line.trim_end();
            let line =
                if position == 0 && has_headings { paint.paint(Tone::Faint, line) } else { line.to_owned() };
            text.push_str("  ");
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn cells(&self, texts: &[String]) -> Row {
        let cells = texts.iter().enumerate().map(|(position, text)| {
            let is_number = self.is_number.get(position).copied().unwrap_or(false);
            Cell::new(text).set_alignment(if is_number { CellAlignment::Right } else { CellAlignment::Left })
        });
        Row::from(cells.collect::<Vec<_>>())
    }
}

/// The widest cell of a query's answer; longer text goes on in the next line.
const WIDEST: u16 = 80;

/// The rows of a query as a table with lines.
#[must_use]
pub fn of_query(headings: &[String], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings);
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    for column in table.column_iter_mut() {
        column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(WIDEST)));
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// Text without the control characters that would move a terminal's cursor or change its colours.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_on_the_right_and_lines_have_no_blanks_at_the_end() {
        let mut columns = Columns::new(&["source", ">read"]);
        columns.row(["psa", "1,204"]);
        columns.row(["a long name", "7"]);
        assert_eq!(
            columns.render(Paint::PLAIN),
            "  source        read\n  psa          1,204\n  a long name      7\n"
        );
    }

    #[test]
    fn a_cell_cannot_write_to_the_terminal() {
        let text = of_query(&["a".to_owned()], &[vec!["\u{1b}[31mred".to_owned()]]);
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
