use serde::Serialize;
use store::{Db, Json, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, row};
use utoipa::ToSchema;

use crate::Role;

row! {
    /// A person as the person sees it.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct User {
        /// Id.
        pub id: UserId,
        /// Lowercased; unique in the whole instance.
        pub email: String,
        /// For people.
        pub name: String,
        /// The language of mails: `en` or `de`.
        pub locale: String,
        /// Whether the person administers the whole instance.
        pub is_instance_owner: bool,
        /// Since when the address is known to be the person's.
        pub email_verified_at: Option<Micros>,
        /// When the password was last set; absent without one.
        pub password_changed_at: Option<Micros>,
        /// Kinds of second factor that a login asks for.
        #[schema(value_type = Vec<String>)]
        pub second_factors: Json<Vec<String>>,
        /// When the person last signed in.
        pub last_login_at: Option<Micros>,
        /// When the avatar was set; absent without one.
        pub avatar_updated_at: Option<Micros>,
        /// When the account was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }

    /// An organization that a person belongs to.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Membership {
        /// The organization.
        pub id: OrgId,
        /// Its name.
        pub name: String,
        /// Its short name.
        pub slug: String,
        /// What the person is in it.
        pub role: Role,
    }

    /// A picture of a person.
    #[derive(Debug, Clone)]
    pub struct Avatar {
        /// `image/png`, `image/jpeg` or `image/webp`.
        pub content_type: String,
        /// The file.
        pub image: Vec<u8>,
        /// When it was set.
        pub updated_at: Micros,
    }
}

pub(crate) async fn get(db: &Db, id: UserId) -> Result<Option<User>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT u.id, u.email, u.name, u.locale, u.is_instance_owner, u.email_verified_at,
             u.password_changed_at, u.second_factors, u.last_login_at,
             a.updated_at AS avatar_updated_at, u.created_at, u.updated_at
         FROM users u LEFT JOIN user_avatars a ON a.user_id = u.id WHERE u.id = $1",
    ).bind(id).fetch_optional(c).await)
}

pub(crate) async fn by_email(db: &Db, email: &str) -> Result<Option<User>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT u.id, u.email, u.name, u.locale, u.is_instance_owner, u.email_verified_at,
             u.password_changed_at, u.second_factors, u.last_login_at,
             a.updated_at AS avatar_updated_at, u.created_at, u.updated_at
         FROM users u LEFT JOIN user_avatars a ON a.user_id = u.id WHERE u.email = $1",
    ).bind(email).fetch_optional(c).await)
}

/// The same as [`by_email`], inside a transaction.
pub(crate) async fn by_email_in(tx: &mut Tx, email: &str) -> Result<Option<User>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT u.id, u.email, u.name, u.locale, u.is_instance_owner, u.email_verified_at,
             u.password_changed_at, u.second_factors, u.last_login_at,
             a.updated_at AS avatar_updated_at, u.created_at, u.updated_at
         FROM users u LEFT JOIN user_avatars a ON a.user_id = u.id WHERE u.email = $1",
    ).bind(email).fetch_optional(c).await)
}

/// The stored hash of a person's password.
pub(crate) async fn password_hash(db: &Db, id: UserId) -> Result<Option<String>> {
    let hash: Option<Option<String>> = on_reader!(db, c => sqlx::query_scalar(
        "SELECT password_hash FROM users WHERE id = $1",
    ).bind(id).fetch_optional(c).await)?;
    Ok(hash.flatten())
}

pub(crate) async fn set_password(tx: &mut Tx, id: UserId, hash: &str, now: Micros) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE users SET password_hash = $2, password_changed_at = $3, updated_at = $3
         WHERE id = $1",
    ).bind(id).bind(hash).bind(now))?;
    Ok(())
}

/// Notes that the address is the person's; the first time counts.
pub(crate) async fn verify_email(tx: &mut Tx, id: UserId, now: Micros) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE users SET email_verified_at = $2, updated_at = $2
         WHERE id = $1 AND email_verified_at IS NULL",
    ).bind(id).bind(now))?;
    Ok(())
}

/// Takes the password away: whoever set it was not the person.
pub(crate) async fn forget_password(tx: &mut Tx, id: UserId, now: Micros) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE users SET password_hash = NULL, password_changed_at = NULL, updated_at = $2
         WHERE id = $1",
    ).bind(id).bind(now))?;
    Ok(())
}

/// Writes down the kinds of second factor that a login asks for.
pub(crate) async fn set_second_factors(
    tx: &mut Tx,
    id: UserId,
    factors: &Json<Vec<String>>,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("UPDATE users SET second_factors = $2 WHERE id = $1")
        .bind(id).bind(factors))?;
    Ok(())
}

/// The same as [`get`], inside a transaction.
pub(crate) async fn get_in(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT u.id, u.email, u.name, u.locale, u.is_instance_owner, u.email_verified_at,
             u.password_changed_at, u.second_factors, u.last_login_at,
             a.updated_at AS avatar_updated_at, u.created_at, u.updated_at
         FROM users u LEFT JOIN user_avatars a ON a.user_id = u.id WHERE u.id = $1",
    ).bind(id).fetch_optional(c).await)
}

pub(crate) async fn set_profile(
    tx: &mut Tx,
    id: UserId,
    name: &str,
    locale: &str,
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE users SET name = $2, locale = $3, updated_at = $4 WHERE id = $1",
    ).bind(id).bind(name).bind(locale).bind(now))?;
    Ok(())
}

pub(crate) async fn set_instance_owner(tx: &mut Tx, id: UserId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("UPDATE users SET is_instance_owner = TRUE WHERE id = $1")
        .bind(id))?;
    Ok(())
}

pub(crate) async fn mark_login(tx: &mut Tx, id: UserId, now: Micros) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("UPDATE users SET last_login_at = $2 WHERE id = $1")
        .bind(id).bind(now))?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Tx, id: UserId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM users WHERE id = $1").bind(id))?;
    Ok(())
}

/// Organizations of a person, by name.
pub(crate) async fn memberships(db: &Db, id: UserId) -> Result<Vec<Membership>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT o.id, o.name, o.slug, m.role
         FROM org_members m JOIN organizations o ON o.id = m.org_id
         WHERE m.user_id = $1 ORDER BY o.name, o.id",
    ).bind(id).fetch_all(c).await)
}

/// The same as [`memberships`], inside a transaction.
pub(crate) async fn memberships_in(tx: &mut Tx, id: UserId) -> Result<Vec<Membership>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT o.id, o.name, o.slug, m.role
         FROM org_members m JOIN organizations o ON o.id = m.org_id
         WHERE m.user_id = $1 ORDER BY o.name, o.id",
    ).bind(id).fetch_all(c).await)
}

/// An organization whose only owner is this person.
pub(crate) async fn owned_alone(tx: &mut Tx, id: UserId) -> Result<Option<String>> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT o.name FROM org_members m JOIN organizations o ON o.id = m.org_id
         WHERE m.user_id = $1 AND m.role = 'owner' AND NOT EXISTS (
             SELECT 1 FROM org_members other
             WHERE other.org_id = m.org_id AND other.role = 'owner' AND other.user_id <> $1)
         ORDER BY o.name LIMIT 1",
    ).bind(id).fetch_optional(c).await)
}

/// How many people own the instance besides this one.
pub(crate) async fn other_instance_owners(tx: &mut Tx, id: UserId) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT count(*) FROM users WHERE is_instance_owner AND id <> $1",
    ).bind(id).fetch_one(c).await)
}

/// How many owners of organizations can sign in with a password.
pub(crate) async fn owners_with_password(db: &Db) -> Result<i64> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT count(*) FROM users u JOIN org_members m ON m.user_id = u.id
         WHERE m.role = 'owner' AND u.password_hash IS NOT NULL",
    ).fetch_one(c).await)
}

/// The same as [`owners_with_password`], inside a transaction.
pub(crate) async fn owners_with_password_in(tx: &mut Tx) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT count(*) FROM users u JOIN org_members m ON m.user_id = u.id
         WHERE m.role = 'owner' AND u.password_hash IS NOT NULL",
    ).fetch_one(c).await)
}

pub(crate) async fn put_avatar(tx: &mut Tx, id: UserId, avatar: &Avatar) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO user_avatars (user_id, content_type, image, updated_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE SET content_type = excluded.content_type,
             image = excluded.image, updated_at = excluded.updated_at",
    )
    .bind(id)
    .bind(&avatar.content_type)
    .bind(&avatar.image)
    .bind(avatar.updated_at))?;
    Ok(())
}

pub(crate) async fn delete_avatar(tx: &mut Tx, id: UserId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM user_avatars WHERE user_id = $1").bind(id))?;
    Ok(())
}

pub(crate) async fn avatar(db: &Db, id: UserId) -> Result<Option<Avatar>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT content_type, image, updated_at FROM user_avatars WHERE user_id = $1",
    ).bind(id).fetch_optional(c).await)
}

/// Revokes all keys of a person in all organizations and takes them from the person.
pub(crate) async fn disown_keys(
    tx: &mut Tx,
    id: UserId,
    now: Micros,
    revision: i64,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, $2), updated_at = $2,
             revision = $3, user_id = NULL
         WHERE user_id = $1",
    ).bind(id).bind(now).bind(revision))
}
