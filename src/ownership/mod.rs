//! Ownership: what each field of a target record should say.
