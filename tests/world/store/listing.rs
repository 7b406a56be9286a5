//! What the service says it holds: all of it at once, or page by page.

use super::super::words::Said;
use super::{Session, Store};

impl Store {
    /// Pages of some entries each, of which the last one is empty.
    pub(super) fn list_page(&self, name: &str, page: u32) -> Said {
        let listed = (Self { page: None, ..self.clone() }).list(name, 1);
        let Said::Listed(parts, _) = listed else { return listed };
        let size = self.page.unwrap_or(50);
        let shown = parts.into_iter().skip(size * (page as usize).saturating_sub(1)).take(size);
        Said::Listed(shown.collect(), None)
    }

    /// Numbers that a listing names.
    pub(crate) fn listed(&self, name: &str) -> impl Iterator<Item = u32> {
        let Said::Listed(parts, _) = (Self { page: None, ..self.clone() }).list(name, 1) else {
            return Vec::new().into_iter();
        };
        parts.into_iter().map(|(number, ..)| number).collect::<Vec<_>>().into_iter()
    }

    pub(super) fn list(&self, name: &str, from: u32) -> Said {
        let open = |session: &&Session| !session.gone && (session.object.is_none() || self.reports);
        let Some(session) = self.sessions.get(name).filter(open) else { return Said::no(404, "NoSuchUpload") };
        if session.object.is_some() && self.lists_completed {
            return Said::Completed(String::new());
        }
        let shown = |n: &u32| !self.reports || self.lists_unreported || session.reported.contains(n);
        let parts = session.parts.range(from..).filter(|(n, _)| shown(n));
        let parts: Vec<_> = parts.map(|(n, part)| (*n, part.etag.clone(), part.size, part.digest.clone())).collect();
        let page = self.page.unwrap_or(parts.len()).min(parts.len());
        let next = parts.get(page).map(|(number, ..)| *number);
        Said::Listed(parts[..page].to_vec(), next)
    }
}
