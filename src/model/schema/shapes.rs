//! Shapes that many keys share.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::marker::PhantomData;

/// Defines a shape by its schema.
macro_rules! shape {
    ($(#[$doc:meta])* $name:ident = $schema:tt) => {
        $(#[$doc])*
        #[expect(dead_code, reason = "only the shape is used")]
        pub(super) struct $name(String);

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

shape! {
    /// Text that is not empty.
    Text = { "type": "string", "minLength": 1 }
}

shape! {
    /// Text, also where it looks like a number or a boolean.
    AnyText = { "type": ["string", "number", "boolean"] }
}

shape! {
    /// The value of a parameter of a template; without one, domains must give it.
    Parameter = { "anyOf": [{ "type": ["string", "number", "boolean"] }, { "const": null }] }
}

shape! {
    /// `yes` or `no`.
    Switch = { "enum": ["yes", "no", true, false] }
}

shape! {
    /// A day.
    Day = { "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$" }
}

shape! {
    /// A day, a month or a year.
    Date = {
        "anyOf": [
            { "type": "string", "pattern": r"^(\d{4}(-\d{2}(-\d{2})?)?|unknown)$" },
            { "type": "integer", "minimum": 1000, "maximum": 9999 },
        ],
    }
}

shape! {
    /// A version of Postfix.
    Version = { "type": ["string", "number"], "pattern": r"^[23]\.\d+(\.\d+)?$" }
}

shape! {
    /// A glob that stays below the repository.
    Glob = { "type": "string", "pattern": r"^(?!/)(?!.*(^|/)\.\.(/|$)).+$" }
}

shape! {
    /// The same for YAML files.
    YamlGlob = { "type": "string", "pattern": r"^(?!/)(?!.*(^|/)\.\.(/|$)).+\.ya?ml$" }
}

shape! {
    /// A folder of maps, here or on another host.
    Folder = { "type": "string", "pattern": "^(file:|ssh://)." }
}

shape! {
    /// A map, here, on another host or in a database.
    Place = { "type": "string", "pattern": "^(file:|ssh://|mysql://|postgres://|sqlite:)." }
}

shape! {
    /// A number of seconds, minutes, hours or days.
    Time = { "type": "string", "pattern": "^[0-9]+[smhd]$" }
}

shape! {
    /// The name of a provider template.
    ProviderName = { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$" }
}

/// One value, or a list of them, which may be empty.
pub(super) struct OneOrList<T>(PhantomData<T>);

/// One value, or a list of at least one.
pub(super) struct OneOrMore<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for OneOrList<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrList_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMore<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMore_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}
