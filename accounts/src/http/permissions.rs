use std::collections::BTreeMap;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Permission, Role};

/// The table of roles and permissions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PermissionTable {
    /// All permissions there are.
    permissions: &'static [Permission],
    /// What each role allows.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<Permission>>)]
    roles: BTreeMap<Role, Vec<Permission>>,
}

/// Shows what each role may do.
///
/// The same table that the server enforces. An API key with admin scope acts as `admin`.
#[utoipa::path(
    get, path = "/api/v1/permissions", tag = "Organizations", operation_id = "list_permissions",
    responses((status = 200, body = PermissionTable)),
)]
pub(super) async fn list() -> Json<PermissionTable> {
    let roles = Role::ALL.iter();
    Json(PermissionTable {
        permissions: Permission::ALL,
        roles: roles.map(|role| (*role, role.permissions())).collect(),
    })
}
