//! Wasm tests in a browser: which one, in which context, and silent towards the rest of the world.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::browsers::Browser;
use crate::child::Job;
use crate::wasm::TARGET;
use crate::workspace::cargo;

/// Where the tests run inside the browser.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    Window,
    Worker,
}

/// The two families of drivers.
#[derive(Clone, Copy)]
pub(crate) enum Engine {
    Chromium,
    Firefox,
}

impl Engine {
    /// The tests of the edge, to be run in this engine; `dir` takes what the driver is told, `server` is compiled in.
    pub(crate) fn tests(self, browser: &Browser, scope: Scope, server: &str, dir: &Path) -> Result<Job> {
        let (driver, other) = match self {
            Self::Chromium => ("CHROMEDRIVER", "GECKODRIVER"),
            Self::Firefox => ("GECKODRIVER", "CHROMEDRIVER"),
        };
        let context = match scope {
            Scope::Window => "WASM_BINDGEN_USE_BROWSER",
            Scope::Worker => "WASM_BINDGEN_USE_DEDICATED_WORKER",
        };
        // The runner would look for a relative path in the package's folder.
        let wishes = dir.join(format!("{driver}.json"));
        let text = self.capabilities(browser).to_string();
        fs::write(&wishes, text).with_context(|| format!("cannot write {}", wishes.display()))?;
        // The runner takes the first driver that it finds in the environment.
        Ok(compiled(server)
            .env(driver, &browser.driver)
            .without_env(other)
            .without_env("SAFARIDRIVER")
            .env(context, "1")
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", wishes)
            .env("WASM_BINDGEN_TEST_TIMEOUT", "120"))
    }

    /// Both browsers ask the world about updates and more at every start; here they only find this machine.
    fn capabilities(self, browser: &Browser) -> Value {
        match self {
            Self::Chromium => json!({ "goog:chromeOptions": {
                "binary": browser.program,
                "args": ["host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1"],
            }}),
            Self::Firefox => json!({ "moz:firefoxOptions": {
                "binary": browser.program,
                "prefs": {
                    "network.dns.disabled": true,
                    "network.proxy.type": 1,
                    "network.proxy.http": "127.0.0.1",
                    "network.proxy.http_port": 1,
                    "network.proxy.ssl": "127.0.0.1",
                    "network.proxy.ssl_port": 1,
                    "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
                },
            }}),
        }
    }
}

/// The tests of the edge. They run in a page and see no environment: the server's origin is `option_env!` to them.
pub(crate) fn compiled(server: &str) -> Job {
    cargo()
        .args(["test", "--package", "upslice", "--target", TARGET, "--test", "browser"])
        .env("UPSLICE_SERVER", server)
}
