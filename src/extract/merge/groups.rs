//! Groups of rows, and which of them may become one.

use std::collections::BTreeMap;

use super::rows::Row;
use crate::model::column;

/// Rows of one value, at most, that are compared with each other. What more of them have is no identifier.
const HOLDERS: usize = 64;

/// What rows meet by, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    Serial,
    Mac,
    Host,
}

impl Tier {
    pub const ALL: [Self; 3] = [Self::Serial, Self::Mac, Self::Host];

    /// The column and the code of the finding about a value that several devices have.
    pub const fn finding(self) -> (&'static str, &'static str) {
        match self {
            Self::Serial => (column::SERIAL_NUMBER, "serial_shared"),
            Self::Mac => (column::MAC_ADDRESS, "mac_shared"),
            Self::Host => (column::HOSTNAME, "hostname_shared"),
        }
    }

    fn values(self, row: &Row) -> Vec<&str> {
        match self {
            Self::Serial => row.serial.iter().map(String::as_str).collect(),
            Self::Mac => row.macs.iter().map(String::as_str).collect(),
            Self::Host => row.host.iter().map(String::as_str).collect(),
        }
    }

    /// Whether two rows that have a value of this tier in common may be one device.
    fn allows(self, a: &Row, b: &Row) -> bool {
        let differ = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
        let is_one_name = !differ(&a.host, &b.host) && !differ(&a.domain, &b.domain);
        let has_other_macs =
            !a.macs.is_empty() && !b.macs.is_empty() && !a.macs.iter().any(|mac| b.macs.contains(mac));
        if differ(&a.serial, &b.serial) || !is_one_name {
            return false;
        }
        match self {
            Self::Serial => true,
            // One address on two machines is a clone or a dock; without names only the address they answer at tells.
            Self::Mac => (a.host.is_some() && a.host == b.host) || !differ(&a.address, &b.address),
            Self::Host => !has_other_macs,
        }
    }
}

/// A value that rows of several devices have.
pub(super) struct Shared {
    pub tier: Tier,
    pub value: String,
    pub rows: Vec<usize>,
}

/// Rows in disjoint groups.
pub(super) struct Groups<'r> {
    rows: &'r [Row],
    parents: Vec<usize>,
    /// One row of each set of rows that say the same.
    firsts: Vec<usize>,
}

impl<'r> Groups<'r> {
    /// One group per set of rows that say the same. Rows that take no part stay alone.
    pub fn of_equal_rows(rows: &'r [Row]) -> Self {
        let mut groups = Self { rows, parents: (0..rows.len()).collect(), firsts: Vec::new() };
        let mut known: BTreeMap<&[String], usize> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_left_out) {
            let first = *known.entry(&row.same).or_insert(at);
            if first == at {
                groups.firsts.push(at);
            }
            groups.join(first, at);
        }
        groups
    }

    /// The row that stands for the group of `row`.
    pub fn root(&self, mut row: usize) -> usize {
        while self.parents[row] != row {
            row = self.parents[row];
        }
        row
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parents[high] = low;
    }

    /// Lets groups meet by the values of a tier. All values are judged by the groups before it, so that their order does
    /// not matter.
    pub fn meet(&mut self, tier: Tier, shared: &mut Vec<Shared>) {
        let rows = self.rows;
        let mut holders: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for &at in &self.firsts {
            for value in tier.values(&rows[at]) {
                holders.entry((&rows[at].organization, value)).or_default().push(at);
            }
        }
        let mut met: Vec<Vec<usize>> = Vec::new();
        for ((_, value), holders) in holders {
            let is_one = holders.iter().all(|row| self.root(*row) == self.root(holders[0]));
            if is_one {
                continue;
            }
            let may_meet = holders.len() <= HOLDERS
                && holders
                    .iter()
                    .enumerate()
                    .all(|(at, a)| holders[at + 1..].iter().all(|b| tier.allows(&rows[*a], &rows[*b])));
            if may_meet {
                met.push(holders);
            } else {
                shared.push(Shared { tier, value: value.to_owned(), rows: holders });
            }
        }
        let before = self.parents.clone();
        for holders in &met {
            for row in &holders[1..] {
                self.join(holders[0], *row);
            }
        }
        self.part_the_contradictory(&before);
    }

    /// Takes groups apart that came together through several values although some of their rows contradict each other.
    fn part_the_contradictory(&mut self, before: &[usize]) {
        let mut said: BTreeMap<usize, [Option<&str>; 3]> = BTreeMap::new();
        let mut torn: Vec<usize> = Vec::new();
        for &at in &self.firsts {
            let (root, row) = (self.root(at), &self.rows[at]);
            let known = said.entry(root).or_default();
            for (known, own) in known.iter_mut().zip([&row.serial, &row.host, &row.domain]) {
                match (&known, own.as_deref()) {
                    (Some(known), Some(own)) if *known != own => torn.push(root),
                    (None, Some(own)) => *known = Some(own),
                    _ => {}
                }
            }
        }
        let members = self.members();
        for root in torn {
            for &row in members.get(&root).into_iter().flatten() {
                self.parents[row] = before[row];
            }
        }
    }

    /// The rows of every group, the one that says the most first.
    pub fn members(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for row in 0..self.rows.len() {
            members.entry(self.root(row)).or_default().push(row);
        }
        for group in members.values_mut() {
            group.sort_by(|a, b| {
                let (first, second) = (&self.rows[*a], &self.rows[*b]);
                second.filled.cmp(&first.filled).then_with(|| (&first.same, a).cmp(&(&second.same, b)))
            });
        }
        members
    }
}
