//! What the user sees: events in; text or JSON lines out.
