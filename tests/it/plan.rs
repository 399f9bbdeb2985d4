//! Push plans: which steps there are, what holds them, and what the vendors would be sent.
//!
//! Every estate is a handful of records; the expectations are worked out by hand from the rules of the gates.

use std::collections::BTreeMap;
use std::path::PathBuf;

use matchbook::diff::{Diff, DiffKind};
use matchbook::extract::{LookupItem, Lookups};
use matchbook::matching::{self, Matching};
use matchbook::model::{
    Entity, FileInfo, PART_SEPARATOR, Previous, RecordRef, RecordsBuilder, Role, SourceIx, Tables, fields,
};
use matchbook::normalize::{Junk, Keys, normalize};
use matchbook::pipeline::{
    JunkAdditions, Limits, MachineValues, Method, Names, Pipeline, PlanSettings, Preset, PushAll, Source,
    Sync,
};
use matchbook::plan::{Calls, Gate, Plan, PlanInput, StepCall, plan};
use matchbook::systems::{self, System};

const ORG: Entity = Entity::Organization;
const LOC: Entity = Entity::Location;
const CON: Entity = Entity::Contact;
const DEV: Entity = Entity::Configuration;

type Cells<'a> = &'a [(&'static str, &'a str)];

fn system(name: &str) -> &'static System {
    systems::find(name).unwrap_or_else(|| panic!("{name} is a system"))
}

fn source(name: &str, system_name: &str, role: Role) -> Source {
    Source {
        name: name.to_owned(),
        role,
        sync: Sync { contacts: true, ..Sync::default() },
        matching: Entity::ALL.map(|entity| Preset::Default.tiers(entity, system_name)),
        ..Source::of(system(system_name))
    }
}

/// A few records and everything that a plan needs.
struct Estate {
    pipeline: Pipeline,
    records: Vec<(SourceIx, Entity, Vec<(&'static str, String)>)>,
    diffs: Vec<(SourceIx, Entity, String, &'static str, String, String)>,
    lookups: Lookups,
    previous: Option<Previous>,
}

const HUB: SourceIx = 0;
const PSA: SourceIx = 1;
const RMM: SourceIx = 2;
const SHEET: SourceIx = 3;

impl Estate {
    /// A hub, a ConnectWise PSA, a Datto RMM and a sheet, method B, everything syncs, one way.
    fn new() -> Self {
        let sources = vec![
            source("hub", "it-glue", Role::Hub),
            source("psa", "connectwise", Role::Psa),
            source("rmm", "datto-rmm", Role::Rmm),
            source("sheet", "csv", Role::Sheet),
        ];
        let pipeline = Pipeline {
            path: PathBuf::new(),
            folder: PathBuf::new(),
            name: "test".to_owned(),
            method: Method::PsaAndRmm,
            warehouse: PathBuf::new(),
            decisions: PathBuf::new(),
            names: Names::Exact,
            machine_values: MachineValues::Default,
            sources,
            ownership: Vec::new(),
            junk: JunkAdditions::default(),
            limits: Limits::default(),
            plan: PlanSettings::default(),
            tests: Vec::new(),
        };
        Self { pipeline, records: Vec::new(), diffs: Vec::new(), lookups: Lookups::default(), previous: None }
    }

    fn with(mut self, source: SourceIx, entity: Entity, id: &str, cells: Cells<'_>) -> Self {
        let mut row = vec![("record_id", id.to_owned())];
        row.extend(cells.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.records.push((source, entity, row));
        self
    }

    fn set(mut self, change: impl FnOnce(&mut Pipeline)) -> Self {
        change(&mut self.pipeline);
        self
    }

    fn two_way(self) -> Self {
        self.set(|pipeline| pipeline.sources[PSA as usize].sync.two_way = true)
    }

    /// A difference: `field` of a target's record should say `desired`, as `SOURCE/ID` says.
    fn differs(
        mut self,
        target: SourceIx,
        entity: Entity,
        id: &str,
        field: &'static str,
        desired: &str,
        by: &str,
    ) -> Self {
        self.diffs.push((target, entity, id.to_owned(), field, desired.to_owned(), by.to_owned()));
        self
    }

    fn list(mut self, source: SourceIx, list: &'static str, items: &[(&str, &str)]) -> Self {
        let items = items.iter().map(|(id, name)| LookupItem {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            parent_id: None,
            is_inactive: false,
        });
        self.lookups.lists.insert((source, list), items.collect());
        self
    }

    fn tables(&self) -> Tables {
        let mut builders: BTreeMap<(SourceIx, Entity), RecordsBuilder> = BTreeMap::new();
        let new = |source, entity| {
            let mut builder = RecordsBuilder::new(source, entity);
            let carried = vec![true; fields(entity).len()];
            builder.files.push(FileInfo { path: "test".to_owned(), carried });
            builder
        };
        for source in [HUB, PSA] {
            for entity in [ORG, LOC, CON, DEV] {
                builders.insert((source, entity), new(source, entity));
            }
        }
        for (source, entity, row) in &self.records {
            let builder = builders.entry((*source, *entity)).or_insert_with(|| new(*source, *entity));
            for (name, value) in row {
                let position = builder.position(name).unwrap_or_else(|| panic!("no column {name}"));
                builder.set(position, value);
            }
            builder.finish_row(0, 1);
        }
        Tables::new(self.pipeline.sources.len(), builders.into_values().map(RecordsBuilder::build).collect())
    }

    fn matched(&self) -> (Tables, Keys, Matching) {
        let tables = self.tables();
        let (keys, _) = normalize(&tables, &self.pipeline, &Junk::new(&self.pipeline.junk));
        let matching = matching::fold(&self.pipeline, &tables, &keys, &[]);
        (tables, keys, matching)
    }

    /// The plan, which neither a second look nor the order of the records changes.
    fn plan(&self) -> Planned {
        let first = self.plan_once();
        let (plan, calls) = (&first.0, &first.1);
        let again = self.plan_once();
        let same = (&again.0.steps, &again.0.reasons, again.0.is_held, &again.1);
        assert_eq!(
            (&plan.steps, &plan.reasons, plan.is_held, calls),
            same,
            "the same input gives the same plan"
        );
        let mut reversed = Self {
            pipeline: self.pipeline.clone(),
            records: self.records.clone(),
            diffs: self.diffs.clone(),
            lookups: self.lookups.clone(),
            previous: self.previous.clone(),
        };
        reversed.records.reverse();
        // Clusters are numbered by row, so their numbers and the rows may differ, and nothing else.
        let without_numbers = |Planned(plan, calls): &Planned| {
            let mut steps = plan.steps.clone();
            for step in &mut steps {
                (step.cluster, step.row) = (None, None);
            }
            (steps, plan.reasons.clone(), plan.is_held, calls.clone())
        };
        assert_eq!(without_numbers(&first), without_numbers(&reversed.plan_once()), "in any order");
        check_waves(&first);
        first
    }

    fn plan_once(&self) -> Planned {
        let (tables, keys, matching) = self.matched();
        let find = |source: SourceIx, entity, id: &str| {
            let table = tables.get(source, entity).expect("the table is there");
            let row = (0..).take(table.len()).find(|row| table.id(*row) == id).expect("the record is there");
            RecordRef { source, row }
        };
        let diffs: Vec<Diff> = self
            .diffs
            .iter()
            .map(|(target, entity, id, field, desired, by)| {
                let target = find(*target, *entity, id);
                let (by_source, by_id) = by.split_once('/').expect("SOURCE/ID");
                let source = self.pipeline.sources.iter().position(|source| source.name == by_source);
                let source = SourceIx::try_from(source.expect("a source")).expect("few");
                let to = match *field {
                    "location" => Some(LOC),
                    "contact" => Some(CON),
                    "parent" => Some(ORG),
                    _ => None,
                };
                let (desired, desired_cluster) = match to {
                    None => (desired.clone(), None),
                    Some(to) => {
                        let (name, id) = desired.split_once('/').expect("SOURCE/ID");
                        let at = self.pipeline.sources.iter().position(|source| source.name == name);
                        let at = SourceIx::try_from(at.expect("a source")).expect("few");
                        (id.to_owned(), Some(matching.of(to).outcome(find(at, to, id)).cluster))
                    }
                };
                let current = tables.value(*entity, target, field).map(str::to_owned);
                Diff {
                    entity: *entity,
                    cluster: matching.of(*entity).outcome(target).cluster,
                    target,
                    field,
                    kind: if current.is_some() { DiffKind::Change } else { DiffKind::Set },
                    current,
                    desired,
                    desired_cluster,
                    supplied_by: find(source, *entity, by_id),
                    rule: "owner:psa".into(),
                }
            })
            .collect();
        let input = PlanInput {
            pipeline: &self.pipeline,
            tables: &tables,
            matching: &matching,
            diffs: &diffs,
            lookups: &self.lookups,
        };
        let plan = plan(&input, &keys, self.previous.as_ref());
        let calls = Calls::new(&plan, &input);
        let calls = plan.steps.iter().map(|step| calls.of(step)).collect();
        Planned(plan, calls)
    }
}

/// Every dependency is a step of the plan in an earlier wave, and steps stand by wave, then by id, once each.
fn check_waves(Planned(plan, calls): &Planned) {
    let waves: BTreeMap<&str, u32> = plan.steps.iter().map(|step| (step.id.as_str(), step.wave)).collect();
    assert_eq!(waves.len(), plan.steps.len(), "step ids are unique");
    assert!(plan.steps.is_sorted_by_key(|step| (step.wave, step.id.clone())));
    for (step, call) in plan.steps.iter().zip(calls) {
        for other in &call.depends_on {
            let wave = waves.get(&**other).unwrap_or_else(|| panic!("{} needs {other}", step.id));
            assert!(*wave < step.wave, "{} comes before {other}", step.id);
        }
    }
}

/// A plan and the calls of its steps.
struct Planned(Plan, Vec<StepCall>);

impl Planned {
    /// `STATUS: code code` of the step `id`.
    #[track_caller]
    fn held(&self, id: &str) -> String {
        let at = self.position(id);
        let codes: Vec<_> = self
            .0
            .reasons
            .iter()
            .filter(|reason| reason.step as usize == at)
            .map(|reason| reason.code)
            .collect();
        format!("{}: {}", self.0.steps[at].status.name(), codes.join(" ")).trim_end_matches(": ").to_owned()
    }

    #[track_caller]
    fn message(&self, id: &str, code: &str) -> &str {
        let at = self.position(id);
        let mut reasons = self.0.reasons.iter();
        let found = reasons.find(|reason| reason.step as usize == at && reason.code == code);
        &found.unwrap_or_else(|| panic!("{id} is not held by {code}: {:?}", self.0.reasons)).message
    }

    #[track_caller]
    fn position(&self, id: &str) -> usize {
        let ids: Vec<_> = self.0.steps.iter().map(|step| step.id.as_str()).collect();
        ids.iter().position(|other| *other == id).unwrap_or_else(|| panic!("no step {id} in {ids:#?}"))
    }

    fn ids(&self) -> Vec<&str> {
        self.0.steps.iter().map(|step| step.id.as_str()).collect()
    }

    /// The call of a step, for reading.
    #[track_caller]
    fn call(&self, id: &str) -> String {
        let call = &self.1[self.position(id)];
        let after: String = call.depends_on.iter().map(|id| format!("\nafter {id}")).collect();
        format!("{} {}\n{}{after}", call.method, call.path, call.payload)
    }
}

/// A client and two of its people and devices that are in the PSA and not in the hub.
fn new_client() -> Estate {
    Estate::new()
        .with(
            PSA,
            ORG,
            "250",
            &[("name", "Northgate"), ("type", "Client"), ("status", "Active"), ("short_name", "NORTH")],
        )
        .with(
            PSA,
            LOC,
            "611",
            &[
                ("organization_id", "250"),
                ("name", "Main"),
                ("address_1", "4 Quay Street"),
                ("city", "Porthaven"),
                ("country", "United Kingdom"),
            ],
        )
        .with(
            PSA,
            CON,
            "901",
            &[
                ("organization_id", "250"),
                ("first_name", "Ines"),
                ("last_name", "Calder"),
                ("location_id", "611"),
                ("location", "Main"),
                ("emails", "ines@north.example"),
                ("email_labels", "Direct Mail"),
                ("phones", "(01632) 960-145 x12\u{1f}01632 960146"),
                ("phone_labels", "Direct\u{1f}"),
            ],
        )
        .with(
            PSA,
            DEV,
            "5120",
            &[
                ("organization_id", "250"),
                ("name", "NGF-WS-014"),
                ("type", "Workstation"),
                ("status", "Active"),
                ("serial_number", "5CX0093KLM"),
                ("manufacturer", "HP Inc."),
                ("model", "ProDesk 600"),
                ("warranty_expires_at", "2027-03-05"),
            ],
        )
}

#[test]
fn a_new_client_is_created_from_the_organization_to_the_device() {
    let interface = ["Ethernet", "9C:7B:EF:00:14:AA", "10.20.4.14"].join(&PART_SEPARATOR.to_string());
    let planned = new_client()
        .with(RMM, ORG, "1", &[("name", "Northgate")])
        .with(
            RMM,
            DEV,
            "77",
            &[
                ("organization_id", "1"),
                ("name", "ngf-ws-014"),
                ("hostname", "NGF-WS-014"),
                ("serial_number", "5cx0093klm"),
                ("interfaces", &interface),
            ],
        )
        .list(HUB, "organization_types", &[("3", "client")])
        .list(HUB, "manufacturers", &[("31", "HP")])
        .list(HUB, "models", &[])
        .plan();
    let organization = "hub:create:organization:psa/250";
    assert_eq!(planned.held(organization), "ready");
    insta::assert_snapshot!(planned.call(organization), @r#"
    POST /organizations
    {"data":{"type":"organizations","attributes":{"name":"Northgate","organization-type-id":3,"organization-status-id":{"$ref":"hub:lookup:organization_status:active"},"short-name":"NORTH"}}}
    after hub:lookup:organization_status:active
    "#);
    insta::assert_snapshot!(planned.call("hub:lookup:organization_status:active"), @"GET /organization_statuses?filter[name]=Active");
    insta::assert_snapshot!(planned.call("hub:create:location:psa/611"), @r#"
    POST /organizations/{hub:create:organization:psa/250}/relationships/locations
    {"data":[{"type":"locations","attributes":{"name":"Main","address-1":"4 Quay Street","city":"Porthaven","country-id":{"$ref":"hub:lookup:country:united kingdom"}}}]}
    after hub:create:organization:psa/250
    after hub:lookup:country:united kingdom
    "#);
    insta::assert_snapshot!(planned.call("hub:create:contact:psa/901"), @r#"
    POST /organizations/{hub:create:organization:psa/250}/relationships/contacts
    {"data":[{"type":"contacts","attributes":{"first-name":"Ines","last-name":"Calder","contact-emails":[{"value":"ines@north.example","primary":true,"label-name":"Direct Mail"}],"contact-phones":[{"value":"01632960145","extension":"12","primary":true,"label-name":"Direct","label-type":"phone"},{"value":"01632960146","primary":false,"label-name":"Work","label-type":"phone"}],"location-id":{"$ref":"hub:create:location:psa/611"}}}]}
    after hub:create:location:psa/611
    after hub:create:organization:psa/250
    "#);
    insta::assert_snapshot!(planned.call("hub:create:configuration:psa/5120"), @r#"
    POST /organizations/{hub:create:organization:psa/250}/relationships/configurations
    {"data":[{"type":"configurations","attributes":{"name":"NGF-WS-014","configuration-type-id":{"$ref":"hub:lookup:configuration_type:workstation"},"configuration-status-id":{"$ref":"hub:lookup:configuration_status:active"},"hostname":"NGF-WS-014","mac-address":"9C:7B:EF:00:14:AA","serial-number":"5CX0093KLM","manufacturer-id":31,"model-id":{"$ref":"hub:create:model:hp/prodesk 600"},"warranty-expires-at":"2027-03-05"},"relationships":{"configuration_interfaces":{"data":[{"type":"configuration_interfaces","attributes":{"name":"Ethernet","ip-address":"10.20.4.14","mac-address":"9C-7B-EF-00-14-AA","primary":true}}]}}}]}
    after hub:create:model:hp/prodesk 600
    after hub:create:organization:psa/250
    after hub:lookup:configuration_status:active
    after hub:lookup:configuration_type:workstation
    "#);
    insta::assert_snapshot!(planned.call("hub:create:model:hp/prodesk 600"), @r#"
    POST /models
    {"data":{"type":"models","attributes":{"name":"ProDesk 600","manufacturer-id":31}}}
    "#);
    let wave = |id: &str| planned.0.steps[planned.position(id)].wave;
    assert_eq!(wave("hub:lookup:organization_status:active"), 0);
    assert_eq!((wave(organization), wave("hub:create:location:psa/611")), (1, 2));
    assert_eq!(wave("hub:create:contact:psa/901"), 3);
    assert!(planned.0.reasons.is_empty() && !planned.0.is_held);
}

#[test]
fn a_new_maker_comes_before_its_model() {
    let planned = new_client().list(HUB, "manufacturers", &[]).plan();
    insta::assert_snapshot!(planned.call("hub:create:manufacturer:hp"), @r#"
    POST /manufacturers
    {"data":{"type":"manufacturers","attributes":{"name":"HP Inc."}}}
    "#);
    insta::assert_snapshot!(planned.call("hub:create:model:hp/prodesk 600"), @r#"
    POST /models
    {"data":{"type":"models","attributes":{"name":"ProDesk 600","manufacturer-id":{"$ref":"hub:create:manufacturer:hp"}}}}
    after hub:create:manufacturer:hp
    "#);
}

/// A client with a device in the hub, the PSA and the RMM.
fn known_client() -> Estate {
    Estate::new()
        .with(HUB, ORG, "10", &[("name", "Acme")])
        .with(PSA, ORG, "1", &[("name", "Acme"), ("type", "Client"), ("status", "Active")])
        .with(RMM, ORG, "r1", &[("name", "Acme")])
        .with(HUB, DEV, "20", &[("organization_id", "10"), ("name", "A1"), ("serial_number", "SER001")])
        .with(
            PSA,
            DEV,
            "2",
            &[
                ("organization_id", "1"),
                ("name", "A1"),
                ("type", "Workstation"),
                ("status", "Active"),
                ("serial_number", "SER001"),
            ],
        )
        .with(RMM, DEV, "r2", &[("organization_id", "r1"), ("name", "A1"), ("serial_number", "SER001")])
}

#[test]
fn an_update_is_one_element_of_a_bulk_call() {
    let planned = known_client()
        .differs(HUB, DEV, "20", "hostname", "A1", "rmm/r2")
        .differs(HUB, DEV, "20", "type", "Workstation", "psa/2")
        .list(HUB, "configuration_types", &[("61", "Workstation")])
        .plan();
    assert_eq!(planned.ids(), ["hub:update:configuration:hub/20"]);
    assert_eq!(planned.held("hub:update:configuration:hub/20"), "ready");
    insta::assert_snapshot!(planned.call("hub:update:configuration:hub/20"), @r#"
    PATCH /configurations
    {"data":[{"type":"configurations","attributes":{"id":20,"hostname":"A1","configuration-type-id":61}}]}
    "#);
}

#[test]
fn a_synced_row_takes_only_what_the_hub_leaves_open() {
    let step = "hub:update:configuration:hub/20";
    let mut estate = known_client();
    for (_, _, row) in
        estate.records.iter_mut().filter(|(source, entity, _)| (*source, *entity) == (HUB, DEV))
    {
        row.push(("psa_integration", "enabled".to_owned()));
    }
    let estate = estate.differs(HUB, DEV, "20", "hostname", "A1", "rmm/r2");
    let planned = estate.plan();
    assert_eq!(planned.held(step), "blocked: field_locked");
    assert!(planned.message(step, "field_locked").ends_with("left out: `hostname`"));

    let planned = estate.differs(HUB, DEV, "20", "serial_number", "SER001X", "rmm/r2").plan();
    assert_eq!(planned.held(step), "ready: field_locked");
    insta::assert_snapshot!(planned.call(step), @r#"
    PATCH /configurations
    {"data":[{"type":"configurations","attributes":{"id":20,"serial-number":"SER001X"}}]}
    "#);
}

#[test]
fn an_archived_row_comes_back_with_what_differs() {
    let mut estate = known_client().differs(HUB, DEV, "20", "hostname", "A1", "rmm/r2");
    estate.records[3].2.push(("archived", "true".to_owned()));
    let planned = estate.plan();
    assert_eq!(planned.held("hub:unarchive:configuration:hub/20"), "ready");
    insta::assert_snapshot!(planned.call("hub:unarchive:configuration:hub/20"), @r#"
    PATCH /configurations
    {"data":[{"type":"configurations","attributes":{"id":20,"archived":false,"hostname":"A1"}}]}
    "#);

    // No source has it as active: it stays where it is.
    for (_, entity, row) in &mut estate.records {
        if *entity == DEV {
            row.push(("active", "false".to_owned()));
        }
    }
    assert_eq!(estate.plan().held("hub:update:configuration:hub/20"), "blocked: inactive");
}

#[test]
fn the_rmm_creates_nothing_under_method_b() {
    let estate = Estate::new()
        .with(HUB, ORG, "10", &[("name", "Acme")])
        .with(RMM, ORG, "r1", &[("name", "Acme")])
        .with(RMM, ORG, "r2", &[("name", "Birch")])
        .with(RMM, DEV, "d1", &[("organization_id", "r1"), ("name", "PC1"), ("type", "Workstation")])
        .with(RMM, DEV, "d2", &[("organization_id", "r2"), ("name", "PC2"), ("type", "Workstation")]);
    let planned = estate.plan();
    assert_eq!(planned.held("hub:create:organization:rmm/r2"), "blocked: method_forbids_create");
    assert_eq!(planned.held("hub:create:configuration:rmm/d1"), "blocked: method_forbids_create");
    assert_eq!(
        planned.held("hub:create:configuration:rmm/d2"),
        "blocked: method_forbids_create parent_not_ready"
    );

    // Method C takes organizations from the PSA alone and configurations from the RMM.
    let planned = estate.set(|pipeline| pipeline.method = Method::PsaForOrganizations).plan();
    assert_eq!(planned.held("hub:create:organization:rmm/r2"), "blocked: method_forbids_create");
    assert_eq!(planned.held("hub:create:configuration:rmm/d1"), "ready");
    assert_eq!(planned.held("hub:create:configuration:rmm/d2"), "blocked: parent_not_ready");
}

#[test]
fn method_c_takes_no_configuration_from_the_psa() {
    let method_c = |pipeline: &mut Pipeline| pipeline.method = Method::PsaForOrganizations;
    let planned = new_client().set(method_c).plan();
    assert_eq!(planned.held("hub:create:configuration:psa/5120"), "blocked: method_excludes_entity");

    let planned = known_client()
        .differs(HUB, DEV, "20", "hostname", "A1", "rmm/r2")
        .differs(HUB, DEV, "20", "type", "Workstation", "psa/2")
        .set(method_c)
        .list(HUB, "configuration_types", &[("61", "Workstation")])
        .plan();
    let step = "hub:update:configuration:hub/20";
    assert_eq!(planned.held(step), "ready: method_excludes_entity");
    assert!(!planned.call(step).contains("configuration-type-id"));
}

#[test]
fn what_does_not_sync_is_not_created() {
    let listed = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let planned = new_client().set(|pipeline| {
        let sync = &mut pipeline.sources[PSA as usize].sync;
        sync.organization_types = listed(&["client"]);
        sync.configuration_types = listed(&["Server"]);
        sync.contacts = false;
    });
    let planned = planned.plan();
    assert_eq!(planned.held("hub:create:organization:psa/250"), "ready");
    assert_eq!(planned.held("hub:create:contact:psa/901"), "blocked: contacts_disabled");
    let device = "hub:create:configuration:psa/5120";
    assert_eq!(planned.held(device), "blocked: type_or_status_not_synced");
    assert_eq!(
        planned.message(device, "type_or_status_not_synced"),
        "configuration type `Workstation` is not among those that `psa` syncs"
    );

    let planned = new_client()
        .set(|pipeline| pipeline.sources[PSA as usize].sync.organization_statuses = listed(&["Signed"]))
        .plan();
    assert_eq!(planned.held("hub:create:organization:psa/250"), "blocked: type_or_status_not_synced");
    assert_eq!(
        planned.held("hub:create:location:psa/611"),
        "blocked: parent_not_ready type_or_status_not_synced"
    );
}

#[test]
fn an_inactive_record_is_not_created() {
    let mut estate = new_client();
    estate.records[3].2.push(("active", "false".to_owned()));
    assert_eq!(estate.plan().held("hub:create:configuration:psa/5120"), "blocked: inactive");
}

#[test]
fn a_configuration_without_a_type_is_missing_something() {
    let planned = Estate::new()
        .with(HUB, ORG, "10", &[("name", "Acme")])
        .with(SHEET, ORG, "s1", &[("name", "Acme")])
        .with(SHEET, DEV, "s2", &[("organization_id", "s1"), ("hostname", "PC1")])
        .plan();
    let step = "hub:create:configuration:sheet/s2";
    assert_eq!(planned.held(step), "blocked: missing_required");
    assert_eq!(planned.message(step, "missing_required"), "IT Glue requires what is missing: name, type");
}

#[test]
fn a_record_in_review_is_neither_created_nor_a_parent() {
    // Two PSA companies of one name: neither is the hub's.
    let planned = Estate::new()
        .with(PSA, ORG, "1", &[("name", "Acme")])
        .with(PSA, ORG, "2", &[("name", "Acme")])
        .with(PSA, DEV, "3", &[("organization_id", "1"), ("name", "PC1"), ("type", "Workstation")])
        .plan();
    assert_eq!(planned.held("hub:create:organization:psa/1"), "blocked: in_review");
    assert_eq!(planned.held("hub:create:organization:psa/2"), "blocked: in_review");
    assert_eq!(planned.0.steps.len(), 2, "what belongs to an organization in review is carried");
}

#[test]
fn a_name_that_differs_in_case_looks_known() {
    let planned = Estate::new()
        .with(HUB, ORG, "10", &[("name", "Acme Dental")])
        .with(PSA, ORG, "1", &[("name", "ACME Dental, Inc.")])
        .with(PSA, DEV, "2", &[("organization_id", "1"), ("name", "PC1"), ("type", "Workstation")])
        .plan();
    assert_eq!(planned.held("hub:create:organization:psa/1"), "review: looks_known");
    assert_eq!(planned.held("hub:create:configuration:psa/2"), "blocked: parent_not_ready");
}

#[test]
fn a_device_of_another_organization_looks_known_and_so_does_a_client_made_of_them() {
    let planned = Estate::new()
        .with(HUB, ORG, "10", &[("name", "Acme")])
        .with(HUB, DEV, "20", &[("organization_id", "10"), ("name", "X"), ("serial_number", "SER001")])
        .with(HUB, DEV, "21", &[("organization_id", "10"), ("name", "Y"), ("serial_number", "SER002")])
        .with(PSA, ORG, "1", &[("name", "Quite Different")])
        .with(
            PSA,
            DEV,
            "2",
            &[("organization_id", "1"), ("name", "PC1"), ("type", "PC"), ("serial_number", "SER001")],
        )
        .with(
            PSA,
            DEV,
            "3",
            &[("organization_id", "1"), ("name", "PC2"), ("type", "PC"), ("serial_number", "SER002")],
        )
        .with(
            PSA,
            DEV,
            "4",
            &[("organization_id", "1"), ("name", "PC3"), ("type", "PC"), ("serial_number", "SER003")],
        )
        .plan();
    let organization = "hub:create:organization:psa/1";
    assert_eq!(planned.held(organization), "review: looks_known");
    assert!(planned.message(organization, "looks_known").contains("2 of its 3 devices"));
    assert_eq!(planned.held("hub:create:configuration:psa/2"), "blocked: looks_known parent_not_ready");
    let message = planned.message("hub:create:configuration:psa/2", "looks_known");
    assert!(message.contains("`hub/20`"), "{message}");
    assert_eq!(planned.held("hub:create:configuration:psa/4"), "blocked: parent_not_ready");
}

#[test]
fn too_many_creates_are_held_and_bring_no_bodies() {
    let mut estate =
        Estate::new().with(HUB, ORG, "10", &[("name", "Acme")]).with(PSA, ORG, "1", &[("name", "Acme")]);
    for at in 0..3 {
        let (id, name) = (format!("{at}"), format!("PC-{at}"));
        estate = estate.with(
            PSA,
            DEV,
            &id,
            &[("organization_id", "1"), ("name", name.as_str()), ("type", "Workstation")],
        );
    }
    let estate = estate.with(PSA, DEV, "9", &[("organization_id", "1"), ("name", "PC-9")]);
    let limited = |creates| move |pipeline: &mut Pipeline| pipeline.limits.creates = creates;
    let estate = estate.set(limited(3));
    let planned = estate.plan();
    assert!(!planned.0.is_held, "three are ready, the fourth lacks its type");
    assert_eq!(planned.held("hub:create:configuration:psa/0"), "ready");

    let planned = estate.set(limited(2)).plan();
    assert!(planned.0.is_held);
    assert_eq!(planned.held("hub:create:configuration:psa/0"), "blocked: limit_exceeded");
    assert_eq!(planned.held("hub:create:configuration:psa/9"), "blocked: limit_exceeded missing_required");
    assert_eq!(
        planned.message("hub:create:configuration:psa/0", "limit_exceeded"),
        "3 new configurations in `hub` are more than the 2 allowed"
    );
    assert!(planned.1.iter().all(|call| call.payload.is_empty() && call.depends_on.is_empty()));
}

#[test]
fn a_match_by_host_name_alone_is_held_when_the_pipeline_asks() {
    let estate = Estate::new()
        .with(HUB, ORG, "10", &[("name", "Acme")])
        .with(RMM, ORG, "r1", &[("name", "Acme")])
        .with(HUB, DEV, "20", &[("organization_id", "10"), ("name", "A1"), ("hostname", "ACM-PC-01")])
        .with(
            RMM,
            DEV,
            "r2",
            &[("organization_id", "r1"), ("hostname", "ACM-PC-01"), ("serial_number", "SER001")],
        )
        .differs(HUB, DEV, "20", "serial_number", "SER001", "rmm/r2");
    let step = "hub:update:configuration:hub/20";
    assert_eq!(estate.plan().held(step), "ready");
    let planned = estate.set(|pipeline| pipeline.plan.hold_host_name_only = true).plan();
    assert_eq!(planned.held(step), "blocked: host_name_only");
}

#[test]
fn a_contact_of_another_client_is_not_assigned() {
    let planned = new_client()
        .with(PSA, ORG, "251", &[("name", "Birch")])
        .with(PSA, CON, "902", &[("organization_id", "251"), ("first_name", "Odile")])
        .with(
            PSA,
            DEV,
            "5121",
            &[("organization_id", "250"), ("name", "PC2"), ("type", "Workstation"), ("contact_id", "902")],
        )
        .plan();
    let step = "hub:create:configuration:psa/5121";
    assert_eq!(planned.held(step), "ready: foreign_contact");
    assert!(planned.message(step, "foreign_contact").contains("`psa/902` of another organization"));
}

#[test]
fn licences_are_kept_by_the_hubs_own_integrations() {
    let planned = Estate::new()
        .with(HUB, ORG, "10", &[("name", "Acme")])
        .with(SHEET, ORG, "s1", &[("name", "Acme")])
        .with(SHEET, Entity::License, "l1", &[("organization_id", "s1"), ("name", "Business Premium")])
        .plan();
    assert_eq!(planned.held("hub:create:license:sheet/l1"), "blocked: entity_not_supported");
}

#[test]
fn an_entity_that_the_hub_does_not_deliver_is_not_created_blindly() {
    // The hub's export was made without groups, so nothing says whether it has this one; the same holds for all.
    let planned = Estate::new()
        .with(HUB, ORG, "10", &[("name", "Acme")])
        .with(SHEET, ORG, "s1", &[("name", "Acme")])
        .with(SHEET, Entity::Group, "g1", &[("organization_id", "s1"), ("name", "All staff")])
        .plan();
    assert_eq!(planned.held("hub:create:group:sheet/g1"), "blocked: entity_not_supported");
}

/// A hub client with a location, a contact and a device that the PSA lacks.
fn hub_client() -> Estate {
    Estate::new()
        .with(
            HUB,
            ORG,
            "10",
            &[
                ("name", "Acme"),
                ("type", "Client, Partner"),
                ("status", "Active"),
                ("short_name", "ACME"),
                ("modified_at", "2026-03-01T10:00:00Z"),
            ],
        )
        .with(
            HUB,
            LOC,
            "30",
            &[
                ("organization_id", "10"),
                ("name", "Head Office"),
                ("primary", "true"),
                ("address_1", "1 Main St"),
                ("region", "Kent"),
                ("country", "United Kingdom"),
                ("phone", "01632960144"),
                ("modified_at", "2026-03-01T10:00:00Z"),
            ],
        )
        .with(
            HUB,
            LOC,
            "31",
            &[
                ("organization_id", "10"),
                ("name", "Depot"),
                ("region", "Kent"),
                ("modified_at", "2026-03-01T10:00:00Z"),
            ],
        )
        .with(
            HUB,
            CON,
            "40",
            &[
                ("organization_id", "10"),
                ("first_name", "Mara"),
                ("last_name", "Quill"),
                ("location", "Head Office"),
                ("emails", "mara@acme.example"),
                ("email_labels", "Work"),
                ("modified_at", "2026-03-01T10:00:00Z"),
            ],
        )
        .with(
            HUB,
            DEV,
            "20",
            &[
                ("organization_id", "10"),
                ("name", "A1"),
                ("type", "Workstation"),
                ("status", "Active"),
                ("serial_number", "SER001"),
                ("asset_tag", "0014"),
                ("manufacturer", "HP"),
                ("model", "ProDesk 600"),
                ("mac_address", "9C-7B-EF-00-14-AA"),
                ("purchased_at", "2024-03-05"),
                ("location", "Depot"),
                ("contact", "Mara Quill"),
                ("modified_at", "2026-03-01T10:00:00Z"),
            ],
        )
}

fn since(estate: Estate, time: &str) -> Estate {
    let two_way_since = BTreeMap::from([("psa".to_owned(), time.to_owned())]);
    Estate { previous: Some(Previous { two_way_since, ..Previous::default() }), ..estate.two_way() }
}

#[test]
fn a_psa_without_two_way_sync_shows_the_clients_that_it_lacks() {
    let planned = hub_client().plan();
    assert_eq!(planned.held("psa:create:organization:hub/10"), "blocked: not_yet_pushed one_way");
    let steps = planned.0.steps.iter().filter(|step| step.cluster.is_some()).count();
    assert_eq!(steps, 1, "its records get no steps of their own");
}

#[test]
fn what_was_there_before_two_way_sync_is_not_pushed() {
    let organization = "psa:create:organization:hub/10";
    assert_eq!(hub_client().two_way().plan().held(organization), "blocked: not_yet_pushed");
    let later = since(hub_client(), "2026-03-01T10:00:00Z");
    assert_eq!(later.plan().held(organization), "blocked: not_yet_pushed");
    assert_eq!(later.plan().held("psa:create:contact:hub/40"), "blocked: not_yet_pushed parent_not_ready");
    assert_eq!(since(hub_client(), "2026-02-28T00:00:00Z").plan().held(organization), "ready");
}

#[test]
fn an_empty_psa_is_adopted_at_once() {
    let adopt =
        |push_all| move |pipeline: &mut Pipeline| pipeline.sources[PSA as usize].sync.push_all = push_all;
    let organization = "psa:create:organization:hub/10";
    let estate = hub_client().two_way().set(adopt(PushAll::Yes));
    assert_eq!(estate.plan().held(organization), "ready");

    let estate = estate.with(PSA, ORG, "1", &[("name", "Somebody else")]);
    let planned = estate.plan();
    assert_eq!(planned.held(organization), "blocked: not_yet_pushed");
    let message = planned.message(organization, "not_yet_pushed");
    assert!(
        message.ends_with("`push_all` is refused because `psa` already holds 1 organization"),
        "{message}"
    );

    assert_eq!(estate.set(adopt(PushAll::Forced)).plan().held(organization), "ready");
}

#[test]
fn a_client_of_the_hub_is_created_in_connectwise() {
    let planned = since(hub_client(), "2026-01-01T00:00:00Z")
        .list(PSA, "organization_types", &[("1", "Client"), ("2", "Partner")])
        .list(PSA, "communication_types", &[("5", "Work")])
        .list(PSA, "manufacturers", &[])
        .plan();
    insta::assert_snapshot!(planned.call("psa:create:organization:hub/10"), @r#"
    POST /company/companies
    {"name":"Acme","types":[{"id":1},{"id":2}],"status":{"id":{"$ref":"psa:lookup:organization_status:active"}},"identifier":"ACME","addressLine1":"1 Main St","state":"Kent","country":{"id":{"$ref":"psa:lookup:country:united kingdom"}},"site":{"name":"Head Office"}}
    after psa:lookup:country:united kingdom
    after psa:lookup:organization_status:active
    "#);
    insta::assert_snapshot!(planned.call("psa:lookup:organization_status:active"), @"GET /company/companies/statuses?conditions=name%3D%22Active%22");
    insta::assert_snapshot!(planned.call("psa:create:location:hub/31"), @r#"
    POST /company/companies/{psa:create:organization:hub/10}/sites
    {"name":"Depot","stateReference":{"id":{"$ref":"psa:lookup:region:kent"}}}
    after psa:create:organization:hub/10
    after psa:lookup:region:kent
    "#);
    insta::assert_snapshot!(planned.call("psa:create:contact:hub/40"), @r#"
    POST /company/contacts
    {"firstName":"Mara","lastName":"Quill","site":{"id":{"$ref":"psa:create:organization:hub/10","member":"site.id"}},"communicationItems":[{"type":{"id":5},"value":"mara@acme.example","defaultFlag":true,"communicationType":"Email"}],"company":{"id":{"$ref":"psa:create:organization:hub/10"}}}
    after psa:create:organization:hub/10
    "#);
    insta::assert_snapshot!(planned.call("psa:create:configuration:hub/20"), @r#"
    POST /company/configurations
    {"name":"A1","type":{"id":{"$ref":"psa:lookup:configuration_type:workstation"}},"status":{"id":{"$ref":"psa:lookup:configuration_status:active"}},"macAddress":"9C-7B-EF-00-14-AA","serialNumber":"SER001","tagNumber":"0014","manufacturer":{"id":{"$ref":"psa:create:manufacturer:hp"}},"modelNumber":"ProDesk 600","purchaseDate":"2024-03-05T00:00:00Z","contact":{"id":{"$ref":"psa:create:contact:hub/40"}},"site":{"id":{"$ref":"psa:create:location:hub/31"}},"company":{"id":{"$ref":"psa:create:organization:hub/10"}}}
    after psa:create:contact:hub/40
    after psa:create:location:hub/31
    after psa:create:manufacturer:hp
    after psa:create:organization:hub/10
    after psa:lookup:configuration_status:active
    after psa:lookup:configuration_type:workstation
    "#);
    insta::assert_snapshot!(planned.call("psa:create:manufacturer:hp"), @r#"
    POST /procurement/manufacturers
    {"name":"HP"}
    "#);
    assert!(!planned.ids().contains(&"psa:create:location:hub/30"), "the company is made with it");
}

#[test]
fn connectwise_is_changed_by_a_patch() {
    let planned = known_client()
        .two_way()
        .with(
            PSA,
            CON,
            "901",
            &[
                ("organization_id", "1"),
                ("first_name", "Ines"),
                ("emails", "ines@acme.example"),
                ("email_labels", "Work"),
                ("phones", "01632960145"),
                ("phone_labels", "Direct"),
            ],
        )
        .with(HUB, CON, "40", &[("organization_id", "10"), ("first_name", "Ines")])
        .differs(PSA, DEV, "2", "serial_number", "SER001X", "hub/20")
        .differs(PSA, DEV, "2", "status", "Retired", "hub/20")
        .differs(PSA, DEV, "2", "type", "Server", "hub/20")
        .differs(PSA, CON, "901", "emails", "ines@acme.example; ines@home.example", "hub/40")
        .list(PSA, "configuration_statuses", &[("4", "Retired")])
        .list(PSA, "communication_types", &[("5", "Work"), ("6", "Direct")])
        .plan();
    let step = "psa:update:configuration:hub/20";
    assert_eq!(planned.held(step), "ready: field_locked");
    assert!(planned.message(step, "field_locked").ends_with("left out: `type`"));
    insta::assert_snapshot!(planned.call(step), @r#"
    PATCH /company/configurations/2
    [{"op":"replace","path":"serialNumber","value":"SER001X"},{"op":"replace","path":"status","value":{"id":4}}]
    "#);
    // A patch would replace all addresses and numbers, so the missing one is added by itself.
    insta::assert_snapshot!(planned.call("psa:create:communication:hub/40:901:ines@home.example"), @r#"
    POST /company/contacts/901/communications
    {"type":{"id":5},"value":"ines@home.example","defaultFlag":false,"communicationType":"Email"}
    "#);
    assert!(!planned.ids().contains(&"psa:update:contact:hub/40"));
}

#[test]
fn what_connectwise_requires_and_lacks_is_named() {
    let mut estate = since(hub_client(), "2026-01-01T00:00:00Z");
    estate.records[0].2.retain(|(name, _)| *name != "short_name");
    estate.records[4].2.retain(|(name, _)| *name != "status");
    let planned = estate.list(PSA, "configuration_types", &[("1", "Server")]).plan();
    assert_eq!(
        planned.message("psa:create:organization:hub/10", "missing_required"),
        "ConnectWise PSA requires what is missing: short_name"
    );
    assert_eq!(
        planned.message("psa:create:configuration:hub/20", "missing_required"),
        "ConnectWise PSA requires what is missing: status, type (the PSA has no `Workstation`)"
    );
}

#[test]
fn a_psa_that_the_hub_cannot_push_to_is_left_alone() {
    let mut sheet = system("csv").clone();
    sheet.push.remove(&DEV);
    let without_devices = Box::leak(Box::new(sheet));
    let stand_in = |pipeline: &mut Pipeline| pipeline.sources[PSA as usize].system = without_devices;
    let planned = since(hub_client(), "2026-01-01T00:00:00Z").set(stand_in).plan();
    assert_eq!(planned.held("psa:create:organization:hub/10"), "blocked: two_way_unsupported");
    assert_eq!(
        planned.held("psa:create:configuration:hub/20"),
        "blocked: entity_not_supported parent_not_ready two_way_unsupported"
    );
}

#[test]
fn autotask_keeps_no_locations_and_wants_a_model() {
    let mut estate = since(hub_client(), "2026-01-01T00:00:00Z");
    estate.records[4].2.retain(|(name, _)| *name != "model");
    let autotask = |pipeline: &mut Pipeline| pipeline.sources[PSA as usize].system = system("autotask");
    let planned = estate.set(autotask).plan();
    assert_eq!(
        planned.message("psa:create:organization:hub/10", "missing_required"),
        "Autotask PSA requires what is missing: ownerResourceID (the setting `create.organization.owner_resource_id` \
         of `psa`)"
    );
    assert_eq!(planned.held("psa:create:location:hub/31"), "blocked: entity_not_supported parent_not_ready");
    assert!(planned.message("psa:create:configuration:hub/20", "missing_required").ends_with(": model"));
}

#[test]
fn syncro_takes_nothing_and_would_take_an_asset_in_two_calls() {
    let syncro = |pipeline: &mut Pipeline| pipeline.sources[PSA as usize].system = system("syncro");
    let planned = since(hub_client(), "2026-01-01T00:00:00Z").set(syncro).plan();
    let own: Vec<_> = planned.0.steps.iter().filter(|step| step.target == PSA).collect();
    assert!(own.len() > 3 && own.iter().all(|step| step.status.name() == "blocked"));
    assert_eq!(planned.held("psa:create:organization:hub/10"), "blocked: two_way_unsupported");
    let organization = "psa:create:organization:hub/10";
    assert_eq!(
        planned.call(organization),
        "POST /customers\n{\"business_name\":\"Acme\",\"address\":\"1 Main St\",\"state\":\"Kent\",\"phone\":\"01632960144\"}"
    );
    let contact = "psa:create:contact:hub/40";
    assert_eq!(
        planned.call(contact),
        format!(
            "POST /contacts\n{{\"customer_id\":{{\"$ref\":\"{organization}\"}},\"name\":\"Mara Quill\",\"email\":\"mara@acme.example\"}}\nafter {organization}"
        )
    );
    // `properties` are ignored by the call that makes an asset.
    let asset = "psa:create:configuration:hub/20";
    assert_eq!(
        planned.call(asset),
        format!(
            "POST /customer_assets\n{{\"customer_id\":{{\"$ref\":\"{organization}\"}},\"name\":\"A1\",\"asset_type_name\":\"Workstation\",\"asset_serial\":\"SER001\",\"contact_id\":{{\"$ref\":\"{contact}\"}}}}\nafter {contact}\nafter {organization}"
        )
    );
    let properties = "psa:create:asset_properties:hub/20:properties";
    assert!(planned.held(properties).contains("two_way_unsupported"));
    assert_eq!(
        planned.call(properties),
        format!(
            "PUT /customer_assets/{{{asset}}}\n{{\"name\":\"A1\",\"properties\":{{\"mac\":\"9C-7B-EF-00-14-AA\",\"manufacturer\":\"HP\",\"model\":\"ProDesk 600\"}}}}\nafter {asset}"
        )
    );
    let wave = |id: &str| planned.0.steps[planned.position(id)].wave;
    assert_eq!([wave(organization), wave(contact), wave(asset), wave(properties)], [0, 1, 2, 3]);
    assert!(planned.held("psa:create:location:hub/31").contains("entity_not_supported"));
    assert!(planned.1.iter().all(|call| call.method != "DELETE"));
}

#[test]
fn a_contact_that_the_hub_pushes_on_is_marked() {
    let sheet = |estate: Estate| {
        estate.with(HUB, ORG, "10", &[("name", "Acme")]).with(SHEET, ORG, "s1", &[("name", "Acme")]).with(
            SHEET,
            CON,
            "s2",
            &[("organization_id", "s1"), ("first_name", "Tomas")],
        )
    };
    let step = "hub:create:contact:sheet/s2";
    let planned = sheet(Estate::new().two_way()).plan();
    assert!(planned.0.steps[planned.position(step)].pushed_on_by_hub);
    let planned = sheet(Estate::new()).plan();
    assert!(!planned.0.steps[planned.position(step)].pushed_on_by_hub);
}

#[test]
fn parents_that_form_a_circle_are_held() {
    let planned = Estate::new()
        .with(PSA, ORG, "1", &[("name", "Alpha"), ("parent_id", "2")])
        .with(PSA, ORG, "2", &[("name", "Beta"), ("parent_id", "1")])
        .with(PSA, ORG, "3", &[("name", "Gamma")])
        .with(PSA, ORG, "4", &[("name", "Delta"), ("parent_id", "3")])
        .plan();
    assert_eq!(planned.held("hub:create:organization:psa/1"), "blocked: parent_not_ready");
    assert_eq!(planned.held("hub:create:organization:psa/2"), "blocked: parent_not_ready");
    insta::assert_snapshot!(planned.call("hub:create:organization:psa/4"), @r#"
    POST /organizations
    {"data":{"type":"organizations","attributes":{"name":"Delta","parent-id":{"$ref":"hub:create:organization:psa/3"}}}}
    after hub:create:organization:psa/3
    "#);
}

#[test]
fn every_gate_tells_what_to_do() {
    for gate in Gate::ALL {
        assert!(gate.remedy().ends_with('.'), "{}", gate.code());
    }
}
