//! Decisions by Cedar policies: who, what, about what; permitted or not, and by which rules.
//!
//! What no rule permits is refused. If a rule cannot be evaluated the answer is no, whatever the others say: Cedar itself
//! passes such a rule over, and one that forbids would then be lost.

use std::sync::Arc;

use cedar_policy::{
    Authorizer, Context as CedarContext, Decision as CedarDecision, Entities, Entity, EntityId, EntityTypeName,
    EntityUid, PolicySet, Request, RestrictedExpression, Schema,
};

use super::Role;

/// What somebody wants to do. The names are those of `policies/locard.cedarschema`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// See a case's rows.
    SeeCase,
    /// Ask at all.
    Ask,
    /// Take a case's rows away.
    Export,
    /// Search scenes among the records of all people.
    SearchScenes,
    /// Read what was done by whom.
    ReadAudit,
    /// Make, change and shut accounts.
    ManageAccounts,
    /// Grant a case, or withdraw it.
    GrantCase,
    /// Be told of a case's flags as they come.
    Watch,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::SeeCase,
        Self::Ask,
        Self::Export,
        Self::SearchScenes,
        Self::ReadAudit,
        Self::ManageAccounts,
        Self::GrantCase,
        Self::Watch,
    ];

    /// Its name in policies and in the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SeeCase => "see_case",
            Self::Ask => "ask",
            Self::Export => "export",
            Self::SearchScenes => "search_scenes",
            Self::ReadAudit => "read_audit",
            Self::ManageAccounts => "manage_accounts",
            Self::GrantCase => "grant_case",
            Self::Watch => "watch",
        }
    }
}

/// Who wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The account's name.
    pub account: &'a str,
    /// Its role.
    pub role: Role,
}

/// About what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A case.
    Case {
        /// Its id.
        case_id: String,
        /// Whether a grant of it to the account holds now.
        granted: bool,
    },
    /// Locard as a whole.
    System,
}

/// What else was stated. Only what belongs to the action is told to the policies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// What a scene search is for; `""` if it was not said.
    pub purpose: String,
    /// On whose authority; `""` if it was not said.
    pub authority: String,
    /// To whom a case is granted, and what that account is for.
    pub to: Option<(String, Role)>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is permitted.
    pub allowed: bool,
    /// The rules that made it so, by id, in order; none if no rule permitted it.
    pub by: Vec<String>,
    /// What could not be evaluated; then it is not permitted.
    pub faults: Vec<String>,
}

/// Policies that were read and checked.
#[derive(Debug, Clone)]
pub struct Policies {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    rules: PolicySet,
    schema: Schema,
    digest: String,
}

impl Policies {
    pub(super) fn checked(rules: PolicySet, schema: Schema, digest: String) -> Self {
        Self { inner: Arc::new(Inner { rules, schema, digest }) }
    }

    /// BLAKE3 of their texts, hexadecimal digits: the audit can say by which rules was decided.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// Decides.
    #[must_use]
    pub fn decide(&self, who: &Facts<'_>, action: Action, about: &Resource, context: &Context) -> Decision {
        let refused = |fault: String| Decision { allowed: false, by: Vec::new(), faults: vec![fault] };
        let (request, entities) = match self.request(who, action, about, context) {
            Ok(asked) => asked,
            Err(fault) => return refused(fault),
        };
        let answer = Authorizer::new().is_authorized(&request, &self.inner.rules, &entities);
        let faults: Vec<String> = answer.diagnostics().errors().map(ToString::to_string).collect();
        let mut by: Vec<String> = answer.diagnostics().reason().map(ToString::to_string).collect();
        by.sort();
        Decision { allowed: answer.decision() == CedarDecision::Allow && faults.is_empty(), by, faults }
    }

    fn request(
        &self,
        who: &Facts<'_>,
        action: Action,
        about: &Resource,
        context: &Context,
    ) -> Result<(Request, Entities), String> {
        let schema = Some(&self.inner.schema);
        let (account, about) = (account_entity(who)?, resource_entity(about)?);
        let context = CedarContext::from_pairs(pairs(action, context)?).map_err(|e| e.to_string())?;
        let action = uid("Action", action.as_str())?;
        let request = Request::new(account.uid(), action, about.uid(), context, schema).map_err(|e| e.to_string())?;
        let entities = Entities::from_entities([account, about], schema).map_err(|e| e.to_string())?;
        Ok((request, entities))
    }
}

/// The name of an entity. Ids are taken as they are, so that no case's name can be read as more than a name.
fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    let kind: EntityTypeName = kind.parse().map_err(|e| format!("{kind}: {e}"))?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn role(role: Role) -> Result<RestrictedExpression, String> {
    Ok(RestrictedExpression::new_entity_uid(uid("Role", role.as_str())?))
}

fn account_entity(who: &Facts<'_>) -> Result<Entity, String> {
    let facts = [("name".to_owned(), text(who.account)), ("role".to_owned(), role(who.role)?)];
    entity("Account", who.account, facts)
}

fn resource_entity(about: &Resource) -> Result<Entity, String> {
    match about {
        Resource::System => entity("System", "locard", []),
        Resource::Case { case_id, granted } => {
            let granted = RestrictedExpression::new_bool(*granted);
            entity("Case", case_id, [("case_id".to_owned(), text(case_id)), ("granted".to_owned(), granted)])
        }
    }
}

fn entity<const N: usize>(kind: &str, id: &str, facts: [(String, RestrictedExpression); N]) -> Result<Entity, String> {
    Entity::new(uid(kind, id)?, facts.into_iter().collect(), std::iter::empty().collect()).map_err(|e| e.to_string())
}

fn pairs(action: Action, context: &Context) -> Result<Vec<(String, RestrictedExpression)>, String> {
    let named = |name: &str, value| (name.to_owned(), value);
    match action {
        // Blanks are no purpose.
        Action::SearchScenes => {
            Ok(vec![named("purpose", text(context.purpose.trim())), named("authority", text(context.authority.trim()))])
        }
        Action::GrantCase => {
            let (to, to_role) = context.to.as_ref().ok_or("it is not said to whom the case is granted")?;
            Ok(vec![named("to", text(to)), named("to_role", role(*to_role)?)])
        }
        _ => Ok(Vec::new()),
    }
}
