//! Wasm tests in a browser: which one, in which context, and silent towards the rest of the world.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::browsers::{Browser, Screen, WebKit};
use crate::child::Job;
use crate::wasm::TARGET;
use crate::workspace::cargo;

/// How the runner of wasm tests is told of drivers.
const DRIVERS: [&str; 3] = ["CHROMEDRIVER", "GECKODRIVER", "SAFARIDRIVER"];

/// Where the tests run inside the browser.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    Window,
    Worker,
}

/// An engine that is ready to be driven.
pub(crate) struct Engine {
    name: &'static str,
    driver: PathBuf,
    /// How the runner of wasm tests is told of the driver.
    variable: &'static str,
    /// What the driver is asked for: quiet, and without a window.
    capabilities: Value,
    env: Vec<(&'static str, String)>,
    /// Where its windows are.
    _screen: Option<Screen>,
}

impl Engine {
    /// Browsers ask the world about updates and more at every start; here they only find this machine.
    pub(crate) fn chromium(browser: &Browser) -> Self {
        let capabilities = json!({ "goog:chromeOptions": {
            "binary": browser.program,
            "args": [
                "headless",
                "no-sandbox",
                "disable-dev-shm-usage",
                "host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
            ],
        }});
        Self::new("Chromium", "CHROMEDRIVER", &browser.driver, capabilities)
    }

    /// The same.
    pub(crate) fn firefox(browser: &Browser) -> Self {
        let capabilities = json!({ "moz:firefoxOptions": {
            "binary": browser.program,
            "args": ["-headless"],
            "prefs": {
                "network.dns.disabled": true,
                "network.proxy.type": 1,
                "network.proxy.http": "127.0.0.1",
                "network.proxy.http_port": 1,
                "network.proxy.ssl": "127.0.0.1",
                "network.proxy.ssl_port": 1,
                "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
            },
        }});
        Self::new("Firefox", "GECKODRIVER", &browser.driver, capabilities)
    }

    /// One that asks nobody anything.
    pub(crate) fn webkit(webkit: WebKit) -> Self {
        let engine = Self::new("WebKit", "SAFARIDRIVER", &webkit.driver, json!({}));
        // Someone may work on this machine, on a screen of another kind.
        let env = vec![("DISPLAY", webkit.screen.name.clone()), ("GDK_BACKEND", "x11".to_owned())];
        Self { env, _screen: Some(webkit.screen), ..engine }
    }

    fn new(name: &'static str, variable: &'static str, driver: &Path, capabilities: Value) -> Self {
        Self { name, driver: driver.to_owned(), variable, capabilities, env: Vec::new(), _screen: None }
    }

    /// The tests of the edge, to be run in this engine; `dir` takes what the driver is told, `server` is compiled in.
    pub(crate) fn tests(&self, scope: Scope, server: &str, dir: &Path) -> Result<Job> {
        let context = match scope {
            Scope::Window => "WASM_BINDGEN_USE_BROWSER",
            Scope::Worker => "WASM_BINDGEN_USE_DEDICATED_WORKER",
        };
        // The runner would look for a relative path in the package's folder.
        let wishes = dir.join(format!("{}.json", self.variable));
        fs::write(&wishes, self.capabilities.to_string())
            .with_context(|| format!("cannot write {}", wishes.display()))?;
        // The runner takes the first driver that it finds in the environment.
        let job = DRIVERS.iter().fold(compiled(server), |job, variable| job.without_env(variable));
        let job = self.env.iter().fold(job, |job, (name, value)| job.env(name, value));
        Ok(job
            .env(self.variable, &self.driver)
            .env(context, "1")
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", wishes)
            .env("WASM_BINDGEN_TEST_TIMEOUT", "240"))
    }

    /// As the end-to-end tests are told of it.
    pub(crate) fn described(&self) -> Value {
        let env: Map<_, _> = self.env.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({ "name": self.name, "driver": self.driver, "capabilities": self.capabilities, "env": env })
    }
}

/// The tests of the edge. They run in a page and see no environment: the server's origin is `option_env!` to them.
pub(crate) fn compiled(server: &str) -> Job {
    cargo()
        .args(["test", "--package", "upslice", "--target", TARGET, "--test", "browser"])
        .env("UPSLICE_SERVER", server)
}
