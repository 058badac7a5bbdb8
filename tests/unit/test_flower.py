"""What Flower is told of a task, and how it shows it."""

from celery.events.state import Task

from shared import task_names
from shared.domain import outcomes as o
from shared.domain.money import Money
from shared.settings import Settings
from tests.unit.test_settings import GOOD
from worker.flower import ROOMS, shown
from worker.report import report


def test_a_report_tells_the_reason_and_nothing_of_the_instrument() -> None:
    card = o.Card("card", brand="visa", last4="4242")
    money = Money(1999, "EUR")
    approved = o.Approved("pi_1", "ch_1", money, frozenset(), livemode=False, card=card)
    declined = o.Declined("card_declined", "for the buyer", o.Refusal.INSTRUMENT)

    assert report(approved, charge=17) == {
        "charge": 17,
        "outcome": "Approved",
        "reference": "pi_1",
    }
    assert report(declined, charge=17) == {
        "charge": 17,
        "outcome": "Declined",
        "code": "card_declined",
    }


def test_a_task_leads_to_the_charge_that_it_was_sent_for() -> None:
    assert shown(Task(kwargs="{'charge': 17}")).root_id == "17"


def test_a_task_leads_to_the_charge_that_its_report_names() -> None:
    task = Task(kwargs="{'refund': 3}", result="{'charge': 17, 'refund': 3}")

    assert shown(task).root_id == "17"


def test_a_task_leads_to_what_else_it_was_sent_for_even_where_it_failed() -> None:
    for thing in ("refund", "webhook_event", "delivery"):
        task = shown(Task(kwargs=f"{{{thing!r}: 3}}", exception="TaskFailed('ValueError')"))
        assert (task.root_id, task.parent_id) == (None, f"{thing}-3")


def test_a_task_about_nothing_that_the_console_shows_leads_nowhere() -> None:
    for told in (None, "", "{}", "None", "{'charge': None}", "{'charge': 1", "(17,)", "a b"):
        task = shown(Task(kwargs=told, result=told, root_id="x", parent_id="y"))
        assert (task.root_id, task.parent_id) == (None, None)


def test_each_task_s_subject_has_a_room_in_the_console() -> None:
    rounds = {"sweep", "reconcile", "watch", "retention"}
    told = [value for name, value in vars(task_names).items() if name.isupper()]
    tasks = [value for value in told if isinstance(value, str) and "." in value]

    assert {task_names.subject_of(task) for task in tasks} == {*ROOMS} | rounds


def test_what_a_task_failed_of_stands_among_the_results() -> None:
    assert shown(Task(kwargs="{'charge': 1}", exception="ValueError('no')")).result == (
        "ValueError('no')"
    )


def test_the_tasks_of_a_charge_have_an_address() -> None:
    told = {name.lower(): value for name, value in GOOD.items()}
    known = Settings.model_validate(told | {"flower_url": "https://flower.example/"})

    assert Settings.model_validate(told).tasks_url(17) == ""
    assert known.tasks_url(17).startswith("https://flower.example/tasks?name=charge%20kwargs")
