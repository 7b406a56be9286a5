//! What the tests stand on: expressions in the page's own language, an upload as the package holds one, and
//! instruments that watch the platform until they are dropped.

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use upslice::js::Machine;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// The reference server's API origin, which is another one than the page's.
const SERVER: Option<&str> = option_env!("UPSLICE_SERVER");

thread_local! {
    static TOOLS: JsValue = Function::new_no_args(concat!("return (", include_str!("instruments.js"), ")"))
        .call0(&JsValue::UNDEFINED)
        .expect("the instruments");
}

/// The value of an expression that sees the instruments, and the server's origin as `server`.
pub(crate) fn js(expression: &str) -> JsValue {
    js_with(expression, &JsValue::UNDEFINED)
}

/// The same, with something of ours as `it`.
pub(crate) fn js_with(expression: &str, it: &JsValue) -> JsValue {
    let server = SERVER.expect("UPSLICE_SERVER at compile time: `cargo xtask test browser`");
    let body = format!(
        "const {{ fetchSpy, xhrSpy, timerSpy, listenerSpy, channelSpy, held, stored, json, shop, bytes, file, md5, etags, \
         tally, real }} = tools; return ({expression});"
    );
    let function = Function::new_with_args("tools, server, it", &body);
    let value = TOOLS.with(|tools| function.call3(&JsValue::UNDEFINED, tools, &server.into(), it));
    value.unwrap_or_else(|thrown| panic!("{expression} threw {}", shown(&thrown)))
}

/// A value, for people.
pub(crate) fn shown(value: &JsValue) -> String {
    JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_else(|| format!("{value:?}"))
}

/// A field of an object.
pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_else(|_| panic!("no `{name}` in {}", shown(object)))
}

/// A field that is text.
pub(crate) fn text(object: &JsValue, name: &str) -> String {
    let value = get(object, name);
    value.as_string().unwrap_or_else(|| panic!("`{name}` is no text in {}", shown(object)))
}

/// A field that is a number.
pub(crate) fn number(object: &JsValue, name: &str) -> f64 {
    let value = get(object, name);
    value.as_f64().unwrap_or_else(|| panic!("`{name}` is no number in {}", shown(object)))
}

/// Calls a method.
pub(crate) fn call(object: &JsValue, name: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    get(object, name).unchecked_into::<Function>().apply(object, &arguments.iter().collect::<Array>())
}

/// Waits for a promise; what never happens ends the test with what happened instead.
pub(crate) async fn soon(promise: JsValue, told: impl Fn() -> String + 'static) -> JsValue {
    let told = Closure::<dyn Fn() -> String>::new(told);
    let waiting = TOOLS.with(|tools| call(tools, "soon", &[promise, told.as_ref().clone()])).expect("`soon`");
    match JsFuture::from(waiting.unchecked_into::<Promise>()).await {
        Ok(value) => value,
        Err(error) => panic!("{}", get(&error, "message").as_string().unwrap_or_default()),
    }
}

/// Watches the platform; dropping it puts the platform back. One at a time of each kind.
pub(crate) struct Spy(JsValue);

impl Spy {
    /// An instrument, by an expression like `fetchSpy((request) => stored())`.
    pub(crate) fn new(expression: &str) -> Self {
        Self(js(expression))
    }

    pub(crate) fn with(expression: &str, it: &JsValue) -> Self {
        Self(js_with(expression, it))
    }

    /// What an expression says of it, as `it`.
    pub(crate) fn read(&self, expression: &str) -> JsValue {
        js_with(expression, &self.0)
    }

    pub(crate) fn count(&self, expression: &str) -> f64 {
        self.read(expression).as_f64().expect("a count")
    }

    /// Waits until a tally of it has come so far.
    pub(crate) async fn when(&self, tally: &str, at: u32) {
        let (spy, name) = (self.0.clone(), tally.to_owned());
        let counted = js_with(&format!("it.{tally}.when({at})"), &self.0);
        soon(counted, move || format!("{} times {name}", number(&get(&spy, &name), "count"))).await;
    }
}

impl Drop for Spy {
    fn drop(&mut self) {
        restore();
    }
}

/// Puts the platform back, whatever a test before this one has left.
pub(crate) fn restore() {
    TOOLS.with(|tools| call(tools, "restore", &[]).expect("`restore`"));
}

/// What is done from within an event.
type Act = Box<dyn Fn(&Visit, &str, &JsValue)>;

/// An upload as the package holds one: through the glue, with a listener.
#[derive(Clone)]
pub(crate) struct Visit(Rc<Inner>);

struct Inner {
    machine: JsValue,
    told: Rc<Told>,
    _listener: Closure<dyn Fn(String, JsValue)>,
}

/// What has been told, and who waits for more.
#[derive(Default)]
struct Told {
    events: RefCell<Vec<(String, JsValue)>>,
    waiting: RefCell<Vec<(String, Function)>>,
    act: RefCell<Option<Rc<Act>>>,
    inner: RefCell<std::rc::Weak<Inner>>,
    depth: Cell<u32>,
    deepest: Cell<u32>,
}

impl Told {
    fn hear(&self, kind: String, detail: JsValue) {
        self.depth.set(self.depth.get() + 1);
        self.deepest.set(self.deepest.get().max(self.depth.get()));
        self.events.borrow_mut().push((kind.clone(), detail.clone()));
        let name = name_of(&kind, &detail);
        let waiting: Vec<_> = self
            .waiting
            .borrow_mut()
            .extract_if(.., |(wanted, _)| *wanted == kind || *wanted == name)
            .map(|(_, resolve)| resolve)
            .collect();
        for resolve in waiting {
            resolve.call1(&JsValue::UNDEFINED, &detail).expect("a promise's function");
        }
        let (act, inner) = (self.act.borrow().clone(), self.inner.borrow().upgrade());
        if let (Some(act), Some(inner)) = (act, inner) {
            act(&Visit(inner), &kind, &detail);
        }
        self.depth.set(self.depth.get() - 1);
    }

    fn names(&self) -> Vec<String> {
        self.events.borrow().iter().map(|(kind, detail)| name_of(kind, detail)).collect()
    }
}

/// `part`, but `state uploading`.
fn name_of(kind: &str, detail: &JsValue) -> String {
    if kind == "state" { format!("state {}", text(detail, "state")) } else { kind.to_owned() }
}

impl Visit {
    /// A machine that has not begun, or the fields of the error it was refused with.
    pub(crate) fn new(file: &JsValue, options: &JsValue) -> Result<Self, JsValue> {
        Self::made(|listener| Machine::new(file, options, listener).map(JsValue::from))
    }

    /// One that goes on from what this one has stored.
    pub(crate) fn again(&self, file: &JsValue, options: &JsValue) -> Self {
        Self::made(|listener| call(&self.0.machine, "again", &[file.clone(), options.clone(), listener.into()]))
            .expect("the same options")
    }

    /// One that has begun.
    pub(crate) fn begun(file: &JsValue, options: &JsValue) -> Self {
        let visit = Self::new(file, options).unwrap_or_else(|refused| panic!("refused: {}", shown(&refused)));
        visit.ask("begin");
        visit
    }

    fn made(make: impl FnOnce(Function) -> Result<JsValue, JsValue>) -> Result<Self, JsValue> {
        let told = Rc::<Told>::default();
        let hears = Rc::clone(&told);
        let listener = Closure::<dyn Fn(String, JsValue)>::new(move |kind, detail| hears.hear(kind, detail));
        let machine = make(listener.as_ref().clone().unchecked_into())?;
        let inner = Rc::new(Inner { machine, told, _listener: listener });
        *inner.told.inner.borrow_mut() = Rc::downgrade(&inner);
        Ok(Self(inner))
    }

    /// The machine's class, as the glue has it.
    pub(crate) fn class(&self) -> JsValue {
        get(&self.0.machine, "constructor")
    }

    /// Calls a method of the machine.
    pub(crate) fn ask(&self, method: &str) -> JsValue {
        self.try_ask(method).unwrap_or_else(|thrown| panic!("{method} threw {thrown:?}"))
    }

    pub(crate) fn try_ask(&self, method: &str) -> Result<JsValue, JsValue> {
        call(&self.0.machine, method, &[])
    }

    /// Has workers make what can be made there.
    pub(crate) fn employ(&self, pool: &JsValue) {
        call(&self.0.machine, "employ", std::slice::from_ref(pool)).expect("`employ`");
    }

    /// Does something from within every event.
    pub(crate) fn act(&self, act: impl Fn(&Self, &str, &JsValue) + 'static) {
        *self.0.told.act.borrow_mut() = Some(Rc::new(Box::new(act)));
    }

    /// The details of all events of a kind.
    pub(crate) fn all(&self, kind: &str) -> Vec<JsValue> {
        let events = self.0.told.events.borrow();
        events.iter().filter(|(told, _)| told == kind).map(|(_, detail)| detail.clone()).collect()
    }

    /// What was told, by name, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.told.names()
    }

    /// How many events were told from within one another.
    pub(crate) fn deepest(&self) -> u32 {
        self.0.told.deepest.get()
    }

    /// Waits for an event (`part`, `state paused`) if it has not been told yet.
    pub(crate) async fn until(&self, wanted: &str) -> JsValue {
        match self.told(wanted) {
            Some(detail) => detail,
            None => self.next(wanted).await,
        }
    }

    fn told(&self, wanted: &str) -> Option<JsValue> {
        let events = self.0.told.events.borrow();
        let found = events.iter().find(|(kind, detail)| kind == wanted || name_of(kind, detail) == wanted);
        found.map(|(_, detail)| detail.clone())
    }

    /// Waits for the next event of a name.
    pub(crate) async fn next(&self, wanted: &str) -> JsValue {
        let told = Rc::clone(&self.0.told);
        let promise = Promise::new(&mut |resolve, _| told.waiting.borrow_mut().push((wanted.to_owned(), resolve)));
        let wanted = wanted.to_owned();
        soon(promise.into(), move || format!("{} (waiting for {wanted}) {}", told.names().join(", "), last(&told)))
            .await
    }

    /// Waits for the good ending.
    pub(crate) async fn success(&self) -> JsValue {
        self.until("over").await;
        let mut successes = self.all("success");
        assert_eq!(successes.len(), 1, "one success: {:?} {}", self.names(), last(&self.0.told));
        assert!(self.all("failure").is_empty(), "one ending: {:?}", self.names());
        successes.remove(0)
    }

    /// Waits for the bad ending.
    pub(crate) async fn failure(&self) -> JsValue {
        self.until("failure").await;
        let mut failures = self.all("failure");
        assert_eq!(failures.len(), 1, "one ending: {:?}", self.names());
        assert!(self.all("success").is_empty(), "one ending: {:?}", self.names());
        failures.remove(0)
    }
}

fn last(told: &Told) -> String {
    told.events.borrow().last().map(|(_, detail)| shown(detail)).unwrap_or_default()
}

impl Drop for Inner {
    fn drop(&mut self) {
        // One that was freed before has nothing to free.
        let _ = call(&self.machine, "free", &[]);
    }
}

/// The names of an object's own fields, as `{}` with others merged in.
pub(crate) fn merged(parts: &[&JsValue]) -> JsValue {
    let object = Object::new();
    for part in parts {
        Object::assign(&object, part.unchecked_ref());
    }
    object.into()
}
