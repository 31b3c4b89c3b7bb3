//! HTTP requests of a step: sent where they are granted, refused elsewhere.

use std::sync::Arc;

use ::http::uri::{Authority, Scheme};
use ::http::{Request, Response};
use stepwell_engine::{Audit, AuditAction};
use stepwell_plan::HttpGrant;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// Looks at each request before it is sent.
pub(crate) struct Gate {
    pub(crate) step: String,
    pub(crate) grants: Arc<[HttpGrant]>,
    pub(crate) audit: Audit,
}

type Sent = Result<(Response<WasiBody>, Rest), Error>;
type Rest = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl Gate {
    /// Whether a request may be sent; records the answer.
    fn admit(&self, method: &str, scheme: Option<&Scheme>, authority: &Authority) -> bool {
        let is_https = scheme == Some(&Scheme::HTTPS);
        let default_port = if is_https { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(default_port);
        // What stands before the host would be a name and a password; no grant has them.
        let is_plain = !authority.as_str().contains('@');
        let is_granted = is_plain
            && self
                .grants
                .iter()
                .any(|grant| grant.allows(method, is_https, authority.host(), port));
        let action = match is_granted {
            true => AuditAction::Use,
            false => AuditAction::Refuse,
        };
        let scheme = if is_https { "https" } else { "http" };
        let what = format!("{method} {scheme}://{}:{port}", authority.host());
        let recorded = self.audit.record(&self.step, "http", action, &what);
        is_granted && recorded.is_ok()
    }
}

impl WasiHttpHooks for Gate {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        rest: Rest,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let method = request.method().as_str();
        let uri = request.uri();
        let is_admitted = uri
            .authority()
            .is_some_and(|authority| self.admit(method, uri.scheme(), authority));
        if !is_admitted {
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        let _ = rest;
        Box::new(async move {
            use http_body_util::BodyExt;
            let (response, io) = wasmtime_wasi_http::default_send_request(request, options).await?;
            Ok((response.map(BodyExt::boxed_unsync), Box::new(io) as Rest))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_granted_is_admitted() {
        let gate = Gate {
            step: String::new(),
            grants: [
                HttpGrant::parse("api.example.com").unwrap(),
                HttpGrant::parse("http://localhost:8080").unwrap(),
            ]
            .into(),
            audit: Audit::default(),
        };
        let check = |method: &str, scheme: &str, authority: &str, expect: bool| {
            let scheme: Scheme = scheme.parse().unwrap();
            let authority: Authority = authority.parse().unwrap();
            let admitted = gate.admit(method, Some(&scheme), &authority);
            assert_eq!(admitted, expect, "{method} {scheme} {authority}");
        };
        check("GET", "https", "api.example.com", true);
        check("GET", "https", "API.example.com:443", true);
        check("GET", "http", "localhost:8080", true);
        check("POST", "https", "api.example.com", false);
        check("GET", "http", "api.example.com", false);
        check("GET", "https", "api.example.com:8443", false);
        check("GET", "https", "api.example.com.evil.example", false);
        check("GET", "https", "evil.example", false);
        check("GET", "https", "user@api.example.com", false);
        check("GET", "https", "api.example.com@evil.example", false);
    }
}
