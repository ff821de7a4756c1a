//! The arguments of the module's commands as schemas of the OpenAPI document, with the bounds that
//! the module checks.

use sessions_model::ident::TOKEN_LENGTH;
use sessions_model::limits::{MAX_APP, MAX_GRACE, MAX_ID, MAX_IP, MAX_KEY, MAX_SECONDS, MAX_SESSIONS};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{Number, PartialSchema, ToSchema};

/// A type for each argument, because the schemas of bodies refer to schemas by types.
macro_rules! arguments {
    ($($name:ident: $schema:expr;)*) => {
        $(
            pub(super) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema.into()
                }
            }

            impl ToSchema for $name {}
        )*

        /// All schemas by name, because parameters of the query do not register theirs.
        pub(super) fn arguments() -> Vec<(String, RefOr<Schema>)> {
            vec![$(($name::name().into_owned(), $name::schema())),*]
        }
    };
}

arguments! {
    Ttl: seconds(1, "Seconds without a use after which the session ends");
    Lifetime: seconds(1, "Seconds from now after which the session ends, even if it is in use");
    Dt: seconds(0, "Only sessions or ids active within this many seconds; 0: no limit");
    Grace: whole(1, MAX_GRACE, "Seconds for which the old token stays valid");
    Max: whole(1, MAX_SESSIONS, "How many live sessions the id may have, this one included");
    By: whole(i64::MIN, i64::MAX, "What is added to the value");
    Offset: whole(0, crate::store::MAX_OFFSET, "How many to skip");
    Limit: whole(1, crate::store::MAX_COUNT, "How many to return");
    NewId: text(1, MAX_ID, "The id that owns the session: 1 to 512 bytes of UTF-8 without control characters");
    Ip: text(0, MAX_IP, "The IP address of the client; empty: unknown");
    Key: text(1, MAX_KEY, "A top-level key of the data");
    Sid: pattern("^[0-9a-f]{16}$", "The first 16 hexadecimal digits of the SHA-256 of the session's token");
    TokenText: pattern(&format!("^[0-9A-Za-z]{{{TOKEN_LENGTH}}}$"), "The secret that names one session");
    AppName: pattern(&format!("^[A-Za-z0-9_-]{{1,{MAX_APP}}}$"), "The app");
    EntityTag: pattern("^(\\*|\"(0|[1-9][0-9]{0,18})\")$", "An entity tag or *");
    Star: pattern("^\\*$", "*");
    Description: object("An OpenAPI document");
    Data: object("The session's data: any JSON values, at most 32 levels deep. Numbers keep their text");
}

fn seconds(min: i64, text: &str) -> ObjectBuilder {
    whole(min, MAX_SECONDS, text)
}

fn whole(min: impl Into<Number>, max: impl Into<Number>, text: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(min))
        .maximum(Some(max))
        .description(Some(text))
}

fn text(min: usize, max: usize, text: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(min))
        .max_length(Some(max))
        .description(Some(text))
}

fn pattern(pattern: &str, text: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .description(Some(text))
}

fn object(text: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Object).description(Some(text))
}
