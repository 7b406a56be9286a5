//! Multipart uploads from the browser that always end well.
