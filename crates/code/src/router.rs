//! Objects that functions are handed to and that run nothing by themselves: routers, blueprints, tables of routes. What is
//! registered on one runs when the object is included, mounted or served somewhere that runs.

use crate::facts::Made;

/// Methods by which an object takes a function.
pub(crate) const REGISTERING: &[&str] = &[
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "options",
    "head",
    "all",
    "any",
    "trace",
    "use",
    "route",
    "routes_get",
    "handle",
    "handler",
    "api_route",
    "websocket",
    "add_api_route",
    "add_api_websocket_route",
    "add_url_rule",
    "add_route",
    "add_resource",
    "add_get",
    "add_post",
    "include_router",
    "register_blueprint",
    "register",
    "mount",
    "on",
    "on_event",
    "middleware",
    "add_middleware",
    "before_request",
    "after_request",
    "before_app_request",
    "teardown_request",
    "errorhandler",
    "exception_handler",
    "add_exception_handler",
    "param",
    "nest",
    "merge",
    "layer",
    "route_layer",
    "fallback",
    "with_state",
    "command",
    "callback",
    "add_typer",
    "Get",
    "Post",
    "Put",
    "Patch",
    "Delete",
    "Options",
    "Head",
    "Handle",
    "HandleFunc",
    "Method",
    "MethodFunc",
    "Group",
    "Route",
    "With",
    "Use",
    "Mount",
    "Methods",
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "Any",
    "PathPrefix",
    "Subrouter",
    "nest_service",
    "before",
    "after",
    "hook",
    "addHook",
];

/// What makes an object that does nothing until it is included.
const MAKERS: &[&str] = &[
    "APIRouter",
    "Blueprint",
    "Router",
    "Router::new",
    "Router::default",
    "NewRouter",
    "NewMux",
    "NewServeMux",
    "SimpleRouter",
    "DefaultRouter",
    "RouteTableDef",
    "Namespace",
    "KoaRouter",
];

/// Members by which such an object is handed on: `app.use(router.routes())`, `include(router.urls)`.
const SERVED: &[&str] = &[
    "urls",
    "routes",
    "middleware",
    "callback",
    "handle",
    "listen",
    "Run",
    "run",
    "ListenAndServe",
    "serve",
    "Serve",
    "ServeHTTP",
    "into_make_service",
    "boxed",
    "build",
];

/// Whether something makes a router.
pub(crate) fn makes_router(made: Option<&Made>) -> bool {
    let (Some(Made::By(text)) | Some(Made::Type(text))) = made else { return false };
    let last = text.rsplit('.').next().unwrap_or(text);
    let word = last.rsplit("::").next().unwrap_or(last);
    MAKERS.contains(&last) || MAKERS.iter().any(|maker| last.ends_with(&format!("::{maker}"))) || MAKERS.contains(&word)
}

/// Whether a use of a router with this member hands it on, and does not only add to it.
pub(crate) fn hands_on(asked: Option<&str>) -> bool {
    asked.is_none_or(|asked| SERVED.contains(&asked))
}
