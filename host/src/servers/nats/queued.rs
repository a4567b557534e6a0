//! How many commands wait, by subject.

use super::NatsServer;
use futures_util::TryStreamExt;
use std::collections::HashMap;

impl NatsServer {
    /// The commands in their stream, which are those that are not acknowledged, by subject. Subjects without any are left out.
    pub(crate) async fn queued(
        &self,
    ) -> Result<HashMap<String, u64>, Box<dyn std::error::Error + Send + Sync>> {
        let stream = self
            .jetstream()
            .get_stream_no_info(self.dispatch_stream())
            .await?;
        let all = format!("{}.operator.*", self.settings.prefix);
        let mut subjects = stream.info_with_subjects(all).await?;
        let mut queued = HashMap::new();
        while let Some((subject, commands)) = subjects.try_next().await? {
            queued.insert(subject, u64::try_from(commands).unwrap_or(u64::MAX));
        }
        Ok(queued)
    }
}
