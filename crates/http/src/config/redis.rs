//! Checks the table `[redis]`.

use std::path::{Path, PathBuf};

use redis::{ConnectionAddr, IntoConnectionInfo};

use super::check::{Checker, many};
use super::{Overrides, Redis, file};

const URL: &str = "redis.url: must be redis://, rediss:// or unix:// and an address, such as redis://127.0.0.1:6379";

impl Checker {
    pub(super) fn redis(&mut self, redis: file::Redis, overrides: &Overrides) -> Redis {
        let urls = match &overrides.redis_url {
            Some(url) => vec![url.clone()],
            None => many(redis.url),
        };
        if urls.is_empty() {
            self.wrong("redis.url: at least one is required");
        }
        for url in &urls {
            match url.as_str().into_connection_info() {
                Ok(info) if matches!(info.addr(), ConnectionAddr::Unix(_)) && redis.cluster => {
                    self.wrong("redis.url: a cluster is reached by addresses with ports, not by a Unix socket");
                }
                Ok(_) => {}
                Err(_) => self.wrong(URL),
            }
        }
        if redis.cluster && redis.sentinel.is_some() {
            self.wrong("redis: cluster and sentinel cannot be combined");
        }
        if urls.len() > 1 && !redis.cluster && redis.sentinel.is_none() {
            self.wrong("redis.url: several addresses require cluster = true or sentinel = \"name\"");
        }
        let given = overrides.redis_password_file.clone().or(redis.password_file);
        let password = match given {
            Some(path) => {
                let password = self.password(&path);
                if password.as_ref().is_some_and(String::is_empty) {
                    self.wrong(format!("redis.password-file {}: is empty", path.display()));
                }
                password
            }
            // The unit file describes this for a server without a password.
            None => credential()
                .and_then(|path| self.password(&path))
                .filter(|password| !password.is_empty()),
        };
        let ca = redis.ca_file.and_then(|path| self.contents("ca-file", &path));
        let client = match (redis.certificate, redis.key) {
            (Some(certificate), Some(key)) => self
                .contents("certificate", &certificate)
                .zip(self.contents("key", &key)),
            (None, None) => None,
            _ => {
                self.wrong("redis: certificate and key must be given together");
                None
            }
        };
        Redis {
            urls,
            cluster: redis.cluster,
            sentinel: redis.sentinel,
            username: redis.username,
            password,
            ca,
            client,
            namespace: redis.namespace,
        }
    }

    fn password(&mut self, path: &Path) -> Option<String> {
        let bytes = self.contents("password-file", path)?;
        match String::from_utf8(bytes) {
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(_) => {
                self.wrong("redis.password-file: must be UTF-8");
                None
            }
        }
    }

    fn contents(&mut self, what: &str, path: &Path) -> Option<Vec<u8>> {
        std::fs::read(path)
            .inspect_err(|error| self.wrong(format!("redis.{what} {}: {error}", path.display())))
            .ok()
    }
}

/// The file that systemd's `LoadCredential=redis-password:…` provides.
fn credential() -> Option<PathBuf> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY")?;
    Some(PathBuf::from(folder).join("redis-password")).filter(|path| path.exists())
}
