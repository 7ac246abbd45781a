//! Errors in the shape of a gRPC gateway, which Fulcio and Rekor v2 stand behind.

use crate::http::Answer;
use serde_json::json;

/// `google.rpc.Code`, as far as the two use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    InvalidArgument,
    NotFound,
    AlreadyExists,
    ResourceExhausted,
    Internal,
}

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl Status {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn answer(&self) -> Answer {
        let (code, status) = match self.code {
            Code::InvalidArgument => (3, 400),
            Code::NotFound => (5, 404),
            Code::AlreadyExists => (6, 409),
            Code::ResourceExhausted => (8, 429),
            Code::Internal => (13, 500),
        };
        Answer::json(status, &json!({ "code": code, "message": self.message, "details": [] }))
    }
}

impl From<std::io::Error> for Status {
    fn from(error: std::io::Error) -> Self {
        Self::new(Code::Internal, error.to_string())
    }
}
