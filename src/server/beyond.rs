//! Constants of the module API beyond redis-module's own, generated from `beyond.h`.

#![expect(unreachable_pub, reason = "bindgen makes everything public")]

include!(concat!(env!("OUT_DIR"), "/beyond.rs"));
