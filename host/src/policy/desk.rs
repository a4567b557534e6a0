//! Orders about plugins, as the HTTP side gives them.

use super::error::LoadError;
use super::host::PolicyHost;
use super::registry::OperatorPolicy;
use super::reload::{Order, OrderError, Shared};
use super::reloads::Who;
use super::shelf::Trial;
use crate::ports::{Deployment, PluginDesk, PluginOrderError, PolicyView, ReloadView};
use async_trait::async_trait;
use smpp_domain::ids::OperatorId;
use std::sync::Arc;

type Ordered = Result<PolicyView, PluginOrderError>;

impl PolicyHost {
    fn find(&self, operator: OperatorId) -> Result<Arc<OperatorPolicy>, PluginOrderError> {
        self.shared
            .operator(operator)
            .ok_or(PluginOrderError::Unknown(operator))
    }

    /// Carries out what has to be quick: it does not wait for whatever the loader compiles.
    async fn at_once(
        &self,
        operator: OperatorId,
        order: impl FnOnce(&Shared, &Arc<OperatorPolicy>) -> Result<(), OrderError> + Send + 'static,
    ) -> Ordered {
        let operator = self.find(operator)?;
        let shared = Arc::clone(&self.shared);
        let done =
            tokio::task::spawn_blocking(move || order(&shared, &operator).map(|()| shared.view(&operator)));
        match done.await {
            Ok(done) => done.map_err(told),
            Err(error) => Err(PluginOrderError::Failed(error.to_string())),
        }
    }

    /// Carries out what may compile something: on the loader, in turn.
    async fn in_turn(
        &self,
        operator: OperatorId,
        order: impl FnOnce(&Shared, &Arc<OperatorPolicy>) -> Result<(), OrderError> + Send + 'static,
    ) -> Ordered {
        let operator = self.find(operator)?;
        let shared = Arc::clone(&self.shared);
        let job = move || order(&shared, &operator).map(|()| shared.view(&operator));
        match self.loader.run(job).await {
            Ok(done) => done.map_err(told),
            Err(error) => Err(PluginOrderError::Failed(error.in_words())),
        }
    }
}

#[async_trait]
impl PluginDesk for PolicyHost {
    fn policies(&self) -> Vec<PolicyView> {
        let mut operators = self.shared.operators().clone();
        operators.sort_by(|a, b| a.name.cmp(&b.name));
        operators
            .iter()
            .map(|operator| self.shared.view(operator))
            .collect()
    }

    fn policy(&self, operator: OperatorId) -> Option<PolicyView> {
        let operator = self.shared.operator(operator)?;
        Some(self.shared.view(&operator))
    }

    fn reloads(&self) -> Vec<ReloadView> {
        self.shared.reloads.latest()
    }

    async fn deploy(&self, operator: OperatorId, deployment: Deployment) -> Ordered {
        let tried = deployment.shadow.is_some() || deployment.calls.is_some();
        let order = Order::wanted(tried.then_some(Trial {
            time: deployment.shadow,
            calls: deployment.calls,
            promote: deployment.promote,
        }));
        self.in_turn(operator, move |shared, operator| match deployment.wasm {
            Some(wasm) => shared.deploy(operator, wasm, order),
            None => shared.look_again(operator, order),
        })
        .await
    }

    async fn reload(&self, operator: OperatorId) -> Ordered {
        self.in_turn(operator, |shared, operator| {
            shared.look_again(operator, Order::wanted(None))
        })
        .await
    }

    async fn promote(&self, operator: OperatorId) -> Ordered {
        self.at_once(operator, |shared, operator| shared.promote(operator, Who::Api))
            .await
    }

    async fn discard(&self, operator: OperatorId) -> Ordered {
        self.at_once(operator, |shared, operator| shared.discard(operator))
            .await
    }

    async fn rollback(&self, operator: OperatorId) -> Ordered {
        // After a restart the previous ones may not be ready yet.
        let cold = {
            let found = self.find(operator)?;
            let standing = found.standing();
            standing.previous.is_empty() && !standing.cold.is_empty()
        };
        if cold {
            self.in_turn(operator, |shared, operator| {
                shared.warm_up(operator);
                Ok(())
            })
            .await?;
        }
        self.at_once(operator, |shared, operator| {
            shared.roll_back(operator, Who::Api, None)
        })
        .await
    }
}

fn told(error: OrderError) -> PluginOrderError {
    match error {
        OrderError::Nothing(words) => PluginOrderError::NothingToDo(words),
        OrderError::Load(LoadError::Superseded) => PluginOrderError::Failed(
            "the file changed while it was being loaded: its newer content is loaded by itself".to_owned(),
        ),
        OrderError::Load(error @ (LoadError::Unwritable { .. } | LoadError::LoaderGone)) => {
            PluginOrderError::Failed(error.in_words())
        }
        OrderError::Load(error) => PluginOrderError::Refused(error.in_words()),
    }
}
