//! The shape of the files as JSON Schemas, for editors; the loader decides what is valid.
//!
//! The types here mirror what `load` reads; their comments are what an editor shows beside a key. Tests
//! compare the files in `schemas/` with what they give, and validate the examples, the built-in
//! templates and sets of valid and broken files against them.

mod entry;
mod protect;
mod provider;
mod root;
mod shapes;
mod target;
mod tests;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The schema of `mxward.yaml`.
pub fn mxward() -> String {
    text(&with_empty_keys(schema::<root::Root>()))
}

/// The schema of included files such as `domains/*.yaml`.
pub fn domains() -> String {
    text(&with_empty_keys(schema::<root::Included>()))
}

/// The schema of `providers/*.yaml`.
pub fn provider() -> String {
    text(&schema::<provider::Provider>())
}

/// The schema of `protect.yaml`.
pub fn protect() -> String {
    text(&schema::<protect::Protect>())
}

/// The schema of `tests/*.yaml`.
pub fn tests() -> String {
    text(&schema::<tests::Tests>())
}

fn schema<T: JsonSchema>() -> Value {
    // Draft 7 is what the YAML extensions of editors understand best.
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = Schema::to_value(generator.into_root_schema_for::<T>());
    tidy(&mut schema);
    schema
}

fn text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

/// Takes out what the types of Rust bring along and nobody writes: `null` for what is left out, and the
/// widths of integers.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(tidy),
        Value::Object(object) => {
            object.values_mut().for_each(tidy);
            without_null(object);
            // Comments are broken into lines; editors break them by themselves.
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            if object.get("type").is_some_and(|it| it == "integer" || it == "number") {
                object.remove("format");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Removes the alternative `null`, and the list of alternatives when one is left.
fn without_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|it| it != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            object.insert("type".to_owned(), one);
        }
    }
    if object.get("default") == Some(&Value::Null) {
        object.remove("default");
    }
    let Some(Value::Array(alternatives)) = object.get_mut("anyOf") else { return };
    alternatives.retain(|it| *it != json!({ "type": "null" }));
    let [one] = alternatives.as_slice() else { return };
    let one = one.clone();
    object.remove("anyOf");
    // In draft 7 nothing may stand beside a reference.
    if one.get("$ref").is_some() {
        object.insert("allOf".to_owned(), json!([one]));
    } else if let Value::Object(inner) = one {
        for (key, value) in inner {
            object.entry(key).or_insert(value);
        }
    }
}

/// Lets every key of a file but `version` stand without a value, which means the same as leaving it out.
fn with_empty_keys(mut schema: Value) -> Value {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return schema;
    };
    for (_, value) in properties.iter_mut().filter(|(key, _)| *key != "version") {
        let Some(object) = value.as_object_mut() else { continue };
        let description = object.remove("description");
        let alternatives = match (object.remove("anyOf"), object.remove("allOf")) {
            (Some(Value::Array(list)), _) | (None, Some(Value::Array(list))) => list,
            (Some(_) | None, _) => vec![Value::Object(std::mem::take(object))],
        };
        let null = json!({ "type": "null" });
        let alternatives: Vec<Value> = alternatives.into_iter().chain([null]).collect();
        *value = json!({ "description": description, "anyOf": alternatives });
    }
    schema
}
