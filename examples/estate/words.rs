//! The words that fictitious names are made of.

pub const ADJECTIVES: &[&str] = &[
    "Alder", "Amber", "Ashen", "Birch", "Bright", "Briar", "Cedar", "Clear", "Copper", "Coral", "Dapper",
    "Eastern", "Elm", "Fairway", "Fern", "Flint", "Golden", "Granite", "Harbor", "Hazel", "Iron", "Ivory",
    "Juniper", "Lark", "Linden", "Maple", "Marble", "Meadow", "North", "Oaken", "Orchard", "Pebble",
    "Quarry", "Rowan", "Saffron", "Silver", "Stone", "Thistle", "Upland", "Willow",
];

pub const NOUNS: &[&str] = &[
    "Accountants",
    "Architects",
    "Bakery",
    "Builders",
    "Care Home",
    "Catering",
    "Chemicals",
    "Clinic",
    "Dairy",
    "Dental",
    "Design",
    "Electrical",
    "Engineering",
    "Estates",
    "Farms",
    "Finance",
    "Fisheries",
    "Foods",
    "Freight",
    "Furniture",
    "Gardens",
    "Glass",
    "Hotels",
    "Insurance",
    "Joinery",
    "Legal",
    "Logistics",
    "Marine",
    "Media",
    "Metals",
    "Motors",
    "Optics",
    "Packaging",
    "Pharmacy",
    "Plastics",
    "Printing",
    "School",
    "Security",
    "Textiles",
    "Timber",
];

pub const LEGAL: &[&str] = &["Ltd", "LLC", "Inc", "Group", "& Co", "LLP"];

pub const FIRST_NAMES: &[&str] = &[
    "Ada", "Amir", "Bea", "Bram", "Callum", "Carla", "Dina", "Edda", "Emil", "Farah", "Gail", "Hana", "Ines",
    "Ivo", "Jonas", "Kira", "Lena", "Luca", "Mara", "Mateo", "Nadia", "Nils", "Odile", "Omar", "Priya",
    "Quinn", "Rhea", "Samir", "Tessa", "Uma", "Vera", "Yusuf",
];

pub const LAST_NAMES: &[&str] = &[
    "Abbot", "Banner", "Blythe", "Calder", "Dahl", "Eriksen", "Fenn", "Garza", "Holt", "Ilves", "Jansen",
    "Kaur", "Lowe", "Mensah", "Nowak", "Okafor", "Pryce", "Quill", "Renner", "Ruiz", "Sato", "Thorne",
    "Usher", "Varga", "Weiss", "Yates", "Zeller",
];

pub const TITLES: &[&str] =
    &["Office Manager", "Director", "Accounts Assistant", "Receptionist", "Engineer", ""];

pub const STREETS: &[&str] = &["Quay Street", "Mill Lane", "Station Road", "Hill Rise", "Market Place"];

pub const CITIES: &[&str] = &["Porthaven", "Larkfield", "Alderton", "Vale End", "Stonebridge", "Marwick"];

pub const REGIONS: &[&str] = &["Kent", "Suffolk", "Devon", "Dorset", "Essex"];

/// Kind of device, manufacturer, model, operating system.
pub const MODELS: &[(&str, &str, &str, &str)] = &[
    ("Managed Workstation", "Dell", "OptiPlex 7090", "Windows 11 Professional"),
    ("Managed Workstation", "Dell", "Latitude 5440", "Windows 11 Professional"),
    ("Managed Workstation", "HP", "EliteBook 840 G7", "Windows 10 Professional"),
    ("Managed Workstation", "HP", "EliteDesk 800 G6", "Windows 10 Professional"),
    ("Managed Workstation", "Lenovo", "ThinkCentre M70q", "Windows 11 Professional"),
    ("Managed Workstation", "Lenovo", "ThinkPad T14", "Windows 11 Professional"),
    ("Managed Server", "Dell", "PowerEdge R650", "Windows Server 2019 Standard"),
    ("Managed Server", "HP", "ProLiant DL380 Gen10", "Windows Server 2022 Standard"),
    ("Network Switch", "Cisco", "CBS350-24T", ""),
    ("Printer", "Brother", "HL-L6400DW", ""),
];

/// Serial numbers that firmware and people put where there is none.
pub const JUNK_SERIALS: &[&str] = &[
    "To be filled by O.E.M.",
    "Default string",
    "System Serial Number",
    "N/A",
    "0000000",
    "123456789",
    "None",
];

/// Display names that say nothing about the host name.
pub const PLACES: &[&str] =
    &["Front desk", "Back office", "Meeting room", "Workshop", "Counter", "Store room"];
