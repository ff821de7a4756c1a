//! The functions that the fuzz targets run with any bytes: each panics if a rule is broken. The
//! tests replay `corpus` through the same functions.
//!
//! Parts of an input are separated by bytes that UTF-8 never has.

mod aliases;
mod commands;
mod data;
mod increment;
mod indexes;
mod members;
mod replies;
mod stored;

pub use aliases::aliases;
pub use commands::arguments;
pub use data::{json_replies, merging};
pub use increment::incrementing;
pub use members::index_members;
pub use stored::stored_fields;

use sessions::offline::{Database, Settings};
use sessions_model::index::Step;
use sessions_model::session::Seconds;
use sessions_model::stored_name::Storage;

const BETWEEN_PARTS: u8 = 0xFF;

const NAMESPACE: &[u8] = b"rs";
const START: Seconds = 1_000_000;
const STEPS: [Step; 3] = [Step::DEFAULT, Step::SHORTEST, Step::LONGEST];

const fn settings(index_step: Step, storage: Storage) -> Settings {
    Settings {
        namespace: NAMESPACE,
        ttl: 7200,
        max_data_bytes: 200,
        index_step,
        storage,
    }
}

fn database(index_step: Step) -> Database {
    Database::new(settings(index_step, Storage::Plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(target: &str, run: fn(&[u8])) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(target);
        let mut inputs = 0;
        for entry in std::fs::read_dir(&folder).expect("the corpus is there") {
            let path = entry.expect("an input").path();
            let input = std::fs::read(&path).expect("an input can be read");
            // Captured, and shown when the input breaks a rule.
            println!("{}", path.display());
            run(&input);
            inputs += 1;
        }
        assert!(inputs > 5, "{target} has {inputs} inputs");
    }

    #[test]
    fn the_corpus_of_every_fuzz_target_breaks_no_rule() {
        replay("arguments", arguments);
        replay("merging", merging);
        replay("incrementing", incrementing);
        replay("json_replies", json_replies);
        replay("stored_fields", stored_fields);
        replay("index_members", index_members);
        replay("aliases", aliases);
    }
}
