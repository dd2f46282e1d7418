//! How many questions are under way at once.

use std::pin::pin;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Questions that are answered at once, as most are; more brings nothing.
const QUICK: usize = 128;

/// Questions about which somebody has to be waited for; each holds a socket, of which a program has
/// 1,024 where nobody says otherwise.
const PATIENT: usize = 512;

/// When a question is not quick any more.
const SOON: Duration = Duration::from_millis(300);

/// Two lanes: who waits long for a dead name server goes to the side, so that the others pass.
pub(super) struct Lanes {
    quick: Semaphore,
    patient: Semaphore,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self { quick: Semaphore::new(QUICK), patient: Semaphore::new(PATIENT) }
    }

    /// Waits for a place and then for the answer.
    pub(super) async fn drive<T>(&self, question: impl Future<Output = T>) -> T {
        // The semaphores are never closed; without a place the question would just be asked.
        let place = self.quick.acquire().await;
        let mut question = pin!(question);
        tokio::select! {
            answer = &mut question => return answer,
            () = tokio::time::sleep(SOON) => {}
        }
        let aside = self.patient.try_acquire();
        if aside.is_ok() {
            drop(place);
            return question.await;
        }
        let answer = question.await;
        drop(place);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// More questions wait for ever than there are quick places.
    #[test]
    fn questions_that_wait_leave_room_for_others() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let lanes = Arc::new(Lanes::new());
            for _ in 0..PATIENT {
                let lanes = Arc::clone(&lanes);
                tokio::spawn(async move { lanes.drive(std::future::pending::<()>()).await });
            }
            let patience = Duration::from_mins(1);
            let answered = tokio::time::timeout(patience, lanes.drive(async { 7 })).await;
            assert_eq!(answered, Ok(7));
        });
    }
}
