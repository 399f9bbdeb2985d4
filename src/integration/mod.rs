//! The integration report: what providers write by hand about their systems, for one organization or for all.
//!
//! It is made of the last completed run in the warehouse, the pipeline's settings, and nothing else, so that the same
//! warehouse gives the same text. Every section says how many rows it left out and which SQL shows them all. Nothing
//! here writes to a stream or to the warehouse.

mod devices;
mod errors;
mod licenses;
mod markdown;
mod ownership;
mod sites;
mod status;
mod types;

use crate::model::Reason;
use crate::pipeline::Pipeline;
use crate::warehouse::{QueryResult, Reader, WarehouseError};
use markdown::Page;

/// Rows that a table of the report shows at most. A report is for reading; the SQL below a table shows the rest.
const ROWS: usize = 50;

/// What of the last run the sections ask for, each kept once under its name.
const KEPT: [(&str, &str); 4] = [
    ("report_sites", include_str!("sql/sites.sql")),
    ("report_records", include_str!("sql/records.sql")),
    ("report_devices", "FROM device_coverage"),
    ("report_items", include_str!("sql/items.sql")),
];

/// A warehouse that is being reported on.
pub struct Report<'p> {
    pipeline: &'p Pipeline,
    reader: Reader,
}

/// What a section is about: all organizations, or the one of this name.
#[derive(Clone, Copy)]
struct Subject<'s>(Option<&'s str>);

impl Subject<'_> {
    /// A condition on the column that has the organization's name.
    fn is(self, column: &str) -> String {
        self.0.map_or_else(|| "true".to_owned(), |name| format!("{column} = {}", literal(name)))
    }
}

impl<'p> Report<'p> {
    /// Opens the warehouse of `pipeline`.
    ///
    /// # Errors
    /// When there is no warehouse, when it holds no run, or when it cannot be read.
    pub fn open(pipeline: &'p Pipeline) -> Result<Self, WarehouseError> {
        let reader = Reader::open(&pipeline.warehouse)?;
        let sentence = sentences();
        for (name, sql) in KEPT {
            reader.keep(name, &sql.replace("{sentence}", &sentence))?;
        }
        Ok(Self { pipeline, reader })
    }

    /// The names of all organizations, sorted, each once.
    ///
    /// # Errors
    /// When the warehouse cannot be read.
    pub fn organizations(&self) -> Result<Vec<String>, WarehouseError> {
        let sql =
            "SELECT DISTINCT organization FROM report_sites WHERE organization IS NOT NULL ORDER BY ALL";
        let rows = self.reader.ask(sql)?.rows;
        Ok(rows.iter().map(|row| QueryResult::text(&row[0])).collect())
    }

    /// The report on all organizations, as Markdown.
    ///
    /// # Errors
    /// When the warehouse cannot be read.
    pub fn whole(&self) -> Result<String, WarehouseError> {
        let mut page = Page::new(&format!("Integration report: {}", markdown::escaped(&self.pipeline.name)));
        status::run(self, &mut page)?;
        status::sources(self, &mut page)?;
        self.sections(Subject(None), &mut page)?;
        ownership::owners(self.pipeline, &mut page);
        Ok(page.into_text())
    }

    /// The report on the organization called `name`, as Markdown. An unknown name gives empty tables.
    ///
    /// # Errors
    /// When the warehouse cannot be read.
    pub fn organization(&self, name: &str) -> Result<String, WarehouseError> {
        let mut page = Page::new(&format!("Integration report: {}", markdown::escaped(name)));
        status::run(self, &mut page)?;
        self.sections(Subject(Some(name)), &mut page)?;
        Ok(page.into_text())
    }

    fn sections(&self, subject: Subject<'_>, page: &mut Page) -> Result<(), WarehouseError> {
        status::records(self, subject, page)?;
        sites::sites(self, subject, page)?;
        types::types(self, subject, page)?;
        devices::devices(self, subject, page)?;
        licenses::licenses(self, subject, page)?;
        licenses::groups(self, subject, page)?;
        errors::errors(self, subject, page)?;
        ownership::differences(self, subject, page)
    }

    /// The answer to `sql` as text.
    fn ask(&self, sql: &str) -> Result<Vec<Vec<String>>, WarehouseError> {
        let rows = self.reader.ask(sql)?.rows;
        Ok(rows.iter().map(|row| row.iter().map(QueryResult::text).collect()).collect())
    }

    /// The one number that `sql` asks for.
    fn number(&self, sql: &str) -> Result<u64, WarehouseError> {
        let rows = self.ask(sql)?;
        Ok(rows.first().and_then(|row| row.first()?.parse().ok()).unwrap_or(0))
    }

    /// A table of the first rows of `sql`, which is asked for them and for how many there are. `rest` shows all.
    fn table(&self, page: &mut Page, headings: &[&str], sql: &str, rest: &str) -> Result<(), WarehouseError> {
        let rows = self.ask(&format!("{sql} LIMIT {ROWS}"))?;
        let all = if rows.len() < ROWS {
            rows.len() as u64
        } else {
            self.number(&format!("SELECT count(*) FROM ({sql})"))?
        };
        page.table(headings, &rows);
        let left_out = all.saturating_sub(rows.len() as u64);
        if left_out > 0 {
            page.rest(left_out, rest);
        }
        Ok(())
    }
}

/// A text in SQL.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// SQL that turns the code in `m.reason` into a sentence.
fn sentences() -> String {
    let cases = Reason::ALL
        .map(|reason| format!(" WHEN {} THEN {}", literal(reason.code()), literal(reason.sentence())));
    format!("CASE m.reason{} ELSE m.reason END", cases.concat())
}
