"""The table: who lived through what, and the tests that keep it from happening here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    """Public threads, what they teach, and our tests of it as path::name."""

    threads: str
    lesson: str
    tests: tuple[str, ...]


_HERE = "tests/lessons/test_charging.py"
_SYSTEM = "tests/system/test_promises.py"
_DEATHS = "tests/system/test_deaths.py"
_DATABASE = "tests/database/test_invariants.py"
_MACHINE = "tests/unit/test_state_machine.py"
_DECISIONS = "tests/unit/test_decisions.py"
_REFUNDS = "tests/api/test_refunds.py"
_REFUNDED = "tests/reconciliation/test_refunds.py"
_LATE = "tests/reconciliation/test_late_money.py"

LESSONS = (
    Lesson(
        "akash-network/console#3449",
        "a key per attempt: it survives unknown outcomes, it rotates on a definite answer alone",
        (
            f"{_HERE}::test_a_key_survives_every_unknown_outcome",
            f"{_HERE}::test_a_key_rotates_after_a_definite_answer_alone",
        ),
    ),
    Lesson(
        "woocommerce-gateway-stripe#489, #3331, saleor#19220",
        "one owner and one live attempt, in the database",
        (
            f"{_DATABASE}::test_an_order_has_one_live_charge",
            f"{_SYSTEM}::test_twenty_simultaneous_requests_make_one_charge",
            f"{_SYSTEM}::test_an_event_before_the_answer_settles_the_charge_once",
        ),
    ),
    Lesson(
        "woocommerce-gateway-stripe#5691",
        "a 200 is not an application, and no order expires that may be paid",
        (
            f"{_HERE}::test_an_event_that_was_answered_but_not_applied_is_applied_later",
            f"{_HERE}::test_an_order_does_not_expire_while_its_money_is_on_the_way",
            f"{_DATABASE}::test_an_order_is_kept_while_it_may_be_paid",
        ),
    ),
    Lesson(
        "polarsource/polar#10653, #13272, #13315, #13331, #13338",
        "hold until a final fact, a deadline for the payer, writes in one direction",
        (
            f"{_HERE}::test_another_charge_waits_for_a_final_fact",
            f"{_HERE}::test_a_payer_who_never_acts_is_looked_after",
            f"{_MACHINE}::test_a_late_pending_never_takes_a_success_back",
        ),
    ),
    Lesson(
        "polarsource/polar#13349",
        "contention is no error: drop, and let the relay come round again",
        (f"{_HERE}::test_a_message_for_a_charge_in_hand_is_dropped_without_a_word",),
    ),
    Lesson(
        "saleor/apps#2446, saleor#19811, liberapay.com",
        "a refund's key is its row: two equal refunds are two, one asked twice is one",
        (
            "tests/lessons/test_refunding.py::test_a_refund_whose_message_comes_twice_is_made_once",
            f"{_REFUNDS}::test_two_equal_partial_refunds_are_two_refunds",
            f"{_REFUNDS}::test_a_refund_asked_twice_under_one_key_is_one_refund",
        ),
    ),
    Lesson(
        "woocommerce-gateway-stripe#838, solidus_stripe#281",
        "one row for a refund and for what is told of it",
        (
            f"{_REFUNDED}::test_a_refund_we_made_and_the_event_about_it_are_one_row",
            f"{_REFUNDED}::test_an_event_before_the_answer_settles_the_one_row",
        ),
    ),
    Lesson(
        "pretix#343",
        "a refund acts on a capture, never on the order",
        (
            "tests/reconciliation/test_told_refunds.py"
            "::test_refunding_a_duplicate_capture_leaves_the_paid_order_alone",
            f"{_LATE}::test_a_second_capture_goes_back_and_the_first_stays_the_payment",
        ),
    ),
    Lesson(
        "Sylius/PayPalPlugin#264",
        "a refund's reference is its own: the second of two parts is not refused",
        (
            "tests/contract/test_every_adapter_refunding.py"
            "::test_two_equal_partial_refunds_are_two_refunds",
        ),
    ),
    Lesson(
        "pretix#1189, #1166, pay#612",
        "what follows from a payment is told once, too",
        (
            "tests/outbound/test_delivery_claims.py::test_a_message_delivered_many_times_at_once_sends_the_event_once",
        ),
    ),
    Lesson(
        "pretix#1233",
        "nobody is told failed for what is not known",
        (
            f"{_DECISIONS}::test_nobody_is_told_failed_unless_the_provider_said_so",
            f"{_DEATHS}::test_a_timeout_after_the_provider_committed_is_never_called_a_failure",
        ),
    ),
    Lesson(
        "pay#371, #377, #383, dj-stripe#1239, #429, #1267, lago-api#3223",
        "insert first on a unique id, lock in one order, keep transactions short",
        (
            f"{_SYSTEM}::test_an_event_delivered_three_times_is_stored_once",
            f"{_SYSTEM}::test_bursts_never_meet_the_worker_in_a_deadlock",
        ),
    ),
    Lesson(
        "hyperswitch#3408, Hi.Events#598, #771",
        "exists is not done: a redelivery is handled unless it was applied",
        (
            f"{_HERE}::test_a_redelivered_event_is_handled_unless_it_was_applied",
            f"{_HERE}::test_a_charge_that_was_stored_but_not_sent_is_sent",
        ),
    ),
    Lesson(
        "hyperswitch#9925, #9926, #2935",
        "ends absorb whatever comes",
        (
            f"{_MACHINE}::test_a_settled_charge_stays_or_is_put_before_a_person",
            f"{_HERE}::test_a_late_poll_does_not_write_over_a_cancelled_charge",
        ),
    ),
    Lesson(
        "hyperswitch#1324, #1475, #3403",
        "every state has an age limit, and an alarm",
        (
            "tests/reconciliation/test_ages.py::test_every_state_that_is_not_the_end_has_its_limit",
            "tests/reconciliation/test_ages.py::test_what_stands_longer_than_its_limit_is_an_alarm",
        ),
    ),
    Lesson(
        "killbill#229",
        "a state for not knowing, and somebody who resolves it",
        (
            f"{_HERE}::test_a_payment_that_timed_out_and_went_through_is_found",
            f"{_MACHINE}::test_only_evidence_leads_out_of_not_knowing",
        ),
    ),
    Lesson(
        "dshop#319, paid-memberships-pro#889, altarwed#209",
        "lost webhooks are found without anybody asking",
        (
            f"{_HERE}::test_a_lost_webhook_is_found_by_looking_at_the_object",
            "tests/reconciliation/test_event_lists.py"
            "::test_a_batch_whose_webhooks_are_all_lost_settles_by_the_lists_alone",
        ),
    ),
    Lesson(
        "liberapay#1507, #2142",
        "what settles later says why",
        (f"{_HERE}::test_a_charge_that_settles_later_says_why",),
    ),
    Lesson(
        "event-tickets#4466",
        "money is matched by any of its references",
        (f"{_HERE}::test_an_event_finds_its_charge_by_any_reference",),
    ),
    Lesson(
        "kombu#337, celery#3270, #5306, learningequality/studio#3395",
        "safe to run twice at once, and often",
        (
            f"{_DEATHS}::test_a_message_delivered_many_times_captures_once",
            "tests/properties/test_database_machine.py::test_every_law_holds_in_postgres",
        ),
    ),
    Lesson(
        "pympp#155",
        "a key comes from the durable intent, never from a token",
        (f"{_HERE}::test_a_key_tells_the_charge_and_nothing_of_the_token",),
    ),
    Lesson(
        "stripe-ruby#503, stripity_stripe#564",
        "the request is frozen with its key; a 409 means that it is in flight",
        (
            f"{_DATABASE}::test_the_key_and_the_request_of_an_attempt_are_frozen",
            f"{_HERE}::test_a_request_in_flight_is_asked_about_under_the_same_key",
        ),
    ),
    Lesson(
        "lago-api#5624",
        "money after the end is never overlooked",
        (
            f"{_HERE}::test_money_that_comes_after_a_cancellation_goes_back_by_itself",
            f"{_LATE}::test_a_cancelled_order_paid_late_is_refunded_once_though_all_meet_the_money"
            "_at_once",
        ),
    ),
    Lesson(
        "docs.stripe.com: events that are never delivered and never listed",
        "objects are polled, not only events",
        (f"{_HERE}::test_a_lost_webhook_is_found_by_looking_at_the_object",),
    ),
)
