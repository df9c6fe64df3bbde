"""Income statements, balance sheets and cash flows that add up.

Book equity, shares, net income and dividends come from the simulation; the
rest is built around them in whole dollars, so that the identities hold exactly:
assets = liabilities + equity, gross profit = sales - cost of sales, operating +
investing + financing cash flow = change in cash.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from factorium.sample import tags
from factorium.sample.plan import BANK, INSURER, SPECIAL, Plan
from factorium.sample.randomness import stream
from factorium.sample.schedule import Schedule
from factorium.sample.simulation import RESTATED_BOOK, STOCK_COMPENSATION, Paths

# Weights of the sides of a balance sheet; the rest of the assets is other_assets.
ASSET_WEIGHTS = {
    "cash_and_equivalents": 0.10, "short_term_investments": 0.05, "receivables": 0.13,
    "inventory": 0.11, "other_current_assets": 0.04, "ppe_net": 0.27, "goodwill": 0.11,
    "intangibles": 0.06, "loans_net": 0.0,
}  # fmt: skip
BANK_ASSET_WEIGHTS = {
    "cash_and_equivalents": 0.06, "short_term_investments": 0.15, "receivables": 0.01,
    "inventory": 0.0, "other_current_assets": 0.0, "ppe_net": 0.02, "goodwill": 0.03,
    "intangibles": 0.01, "loans_net": 0.62,
}  # fmt: skip
LIABILITY_WEIGHTS = {
    "accounts_payable": 0.12, "accrued_liabilities": 0.12, "short_term_debt": 0.08,
    "deferred_revenue": 0.07, "long_term_debt": 0.36, "deferred_taxes": 0.07,
    "other_liabilities": 0.18, "deposits": 0.0,
}  # fmt: skip
BANK_LIABILITY_WEIGHTS = {
    "accounts_payable": 0.01, "accrued_liabilities": 0.03, "short_term_debt": 0.05,
    "deferred_revenue": 0.005, "long_term_debt": 0.08, "deferred_taxes": 0.01,
    "other_liabilities": 0.03, "deposits": 0.785,
}  # fmt: skip
OTHER_ASSETS_WEIGHT = 0.13
CURRENT_ASSETS = (
    "cash_and_equivalents", "short_term_investments", "receivables", "inventory",
    "other_current_assets",
)  # fmt: skip
CURRENT_LIABILITIES = (
    "accounts_payable",
    "accrued_liabilities",
    "short_term_debt",
    "deferred_revenue",
)
# Share of companies that do not report an item, beside the special one.
OPTIONAL_ITEMS = {"research_development": 0.07, "inventory": 0.05, "goodwill": 0.04}
SPECIAL_MISSING = ("research_development", "inventory", "goodwill", "advertising")
SEASONS = np.array([0.96, 0.99, 1.0, 1.05])

Items = dict[str, np.ndarray]


@dataclass
class Statements:
    """Quarterly values and who reports what.

    items: whole dollars [row, quarter]; rows are companies, then one row per
    restated company with its restated values (`restated_row` maps company to
    row). reports: item -> bool per company. tag: item -> index into its tags.
    dilution: diluted over basic shares, minus one.
    """

    items: Items
    restated_row: dict[int, int]
    reports: dict[str, np.ndarray]
    tag: dict[str, np.ndarray]
    dilution: np.ndarray


def statements(plan: Plan, schedule: Schedule, paths: Paths, **market: int) -> Statements:
    """Build the quarterly statements of all companies."""
    return _Builder(plan, schedule, paths, stream("statements", **market)).build()


class _Builder:
    """Builds the statements of all companies at once, arrays [company, quarter]."""

    def __init__(
        self, plan: Plan, schedule: Schedule, paths: Paths, rng: np.random.Generator
    ) -> None:
        self.plan, self.schedule, self.paths, self.rng = plan, schedule, paths, rng
        self.shape = paths.book.shape
        self.bank = plan.is_industry(BANK)
        self.insurer = plan.is_industry(INSURER)
        self.reports = self._reports()
        self.items: Items = {}

    def build(self) -> Statements:
        self._equity_and_liabilities()
        self._assets()
        self._income()
        self._bank_and_insurer()
        self._equity_accounts()
        self._cash_flows()
        self._details()
        restated_row = self._restate()
        choices = {
            concept.item: np.minimum(
                (self.rng.random(self.plan.count) ** 3 * len(concept.tags)).astype(int),
                len(concept.tags) - 1,
            )
            for concept in tags.CONCEPTS
        }
        return Statements(
            self.items,
            restated_row,
            self.reports,
            choices,
            np.asarray(self.rng.uniform(0.004, 0.03, self.shape[0])),
        )

    def _reports(self) -> dict[str, np.ndarray]:
        count = self.plan.count
        reports = {concept.item: np.ones(count, bool) for concept in tags.CONCEPTS}
        for item, fraction in OPTIONAL_ITEMS.items():
            reports[item] = self.rng.random(count) >= fraction
        for item in SPECIAL_MISSING:
            reports[item][SPECIAL["missing_items"]] = False
        for item in tags.BANK_ITEMS:
            reports[item] = self.bank.copy()
        for item in tags.INSURER_ITEMS:
            reports[item] = self.insurer.copy()
        for item in tags.NOT_OF_BANKS:
            reports[item] = reports[item] & ~self.bank
        reports["change_in_inventory"] = reports["inventory"].copy()
        return reports

    def _slow(self, size: float) -> np.ndarray:
        """exp of a slowly moving deviation: a company's own level and an AR(1) around it."""
        count, quarters = self.shape
        moves = self.rng.standard_normal(self.shape)
        for quarter in range(1, quarters):
            moves[:, quarter] = 0.9 * moves[:, quarter - 1] + 0.44 * moves[:, quarter]
        level = self.rng.standard_normal((count, 1))
        return np.exp(size * level + 0.15 * size * moves)

    def _split(self, total: np.ndarray, weights: Items, rest: float) -> Items:
        """Parts of `total` in proportion to moving weights, in whole thousands."""
        moving = {item: weight * self._slow(0.3) for item, weight in weights.items()}
        everything = sum(moving.values()) + rest
        return {item: _thousands(total * weight / everything) for item, weight in moving.items()}

    def _weights(self, usual: dict[str, float], of_banks: dict[str, float]) -> Items:
        weights = {}
        for item, weight in usual.items():
            own = np.where(self.bank, of_banks[item], weight)
            reported = self.reports.get(item, np.ones(len(own), bool))
            weights[item] = np.where(reported, own, 0.0)[:, None]
        return weights

    def _equity_and_liabilities(self) -> None:
        items, rng, count = self.items, self.rng, self.shape[0]
        items["common_equity"] = _thousands(self.paths.book)
        self.noncontrolling = rng.uniform(0.005, 0.03, (count, 1))
        items["noncontrolling_interest"] = _thousands(self.noncontrolling * self.paths.book)
        items["total_equity"] = items["common_equity"] + items["noncontrolling_interest"]
        leverage = np.where(self.bank, 8.0, np.where(self.insurer, 3.0, 1.2))[:, None]
        leverage = leverage * np.where(self.bank[:, None], 1.0, self._slow(0.35))
        weights = self._weights(LIABILITY_WEIGHTS, BANK_LIABILITY_WEIGHTS)
        parts = self._split(leverage * self.paths.book, weights, rest=0.0)
        items.update(parts)
        items["liabilities"] = sum(parts.values(), np.zeros(self.shape, np.int64))
        items["current_liabilities"] = _total(items, CURRENT_LIABILITIES)
        items["liabilities_and_equity"] = items["liabilities"] + items["total_equity"]
        items["assets"] = items["liabilities_and_equity"]

    def _assets(self) -> None:
        items = self.items
        weights = self._weights(ASSET_WEIGHTS, BANK_ASSET_WEIGHTS)
        parts = self._split(items["assets"], weights, OTHER_ASSETS_WEIGHT)
        items.update(parts)
        items["other_assets"] = items["assets"] - sum(parts.values())
        items["current_assets"] = _total(items, CURRENT_ASSETS)

    def _income(self) -> None:
        """From net income up to sales, so that it is the income that was simulated."""
        items, rng, shape = self.items, self.rng, self.shape
        items["net_income"] = _thousands(self.paths.net_income)
        items["income_to_noncontrolling"] = _thousands(self.noncontrolling * self.paths.net_income)
        items["profit_loss"] = items["net_income"] + items["income_to_noncontrolling"]
        is_disposing = rng.random(shape) < 0.06
        discontinued = is_disposing * rng.normal(0, 0.003, shape) * self.paths.book
        items["discontinued"] = _thousands(discontinued)
        items["extraordinary"] = np.zeros(shape, np.int64)
        items["income_continuing"] = items["profit_loss"] - items["discontinued"]
        self.tax_rate = rng.uniform(0.19, 0.27, (shape[0], 1))
        items["pretax_income"] = _thousands(items["income_continuing"] / (1 - self.tax_rate))
        items["income_tax"] = items["pretax_income"] - items["income_continuing"]
        self.preferred = _thousands(
            rng.uniform(0.005, 0.03, (shape[0], 1)) * self.paths.book[:, :1]
        )
        items["preferred_equity"] = np.broadcast_to(self.preferred, shape).copy()
        items["preferred_dividends"] = _thousands(0.0125 * items["preferred_equity"])
        items["net_income_common"] = items["net_income"] - items["preferred_dividends"]
        self._operating_income()
        self._sales()

    def _operating_income(self) -> None:
        items = self.items
        debt = _before(items["short_term_debt"] + items["long_term_debt"])
        cash = _before(items["cash_and_equivalents"] + items["short_term_investments"])
        years = self.schedule.days / 365
        rate = self.rng.uniform(0.025, 0.06, (self.shape[0], 1))
        deposits = 0.015 * _before(items["deposits"])
        items["interest_expense"] = _thousands((rate * debt + deposits) * years)
        items["interest_income"] = _thousands(0.02 * cash * years)
        other = self.rng.normal(0, 0.002, self.shape) * self.paths.book
        items["other_nonoperating"] = _thousands(other)
        items["operating_income"] = (
            items["pretax_income"] + items["interest_expense"]
            - items["interest_income"] - items["other_nonoperating"]
        )  # fmt: skip

    def _sales(self) -> None:
        items, rng, count = self.items, self.rng, self.shape[0]
        rates = {
            "sga": np.clip(0.14 * self._slow(0.3), 0.04, 0.3),
            "research_development": np.clip(0.05 * self._slow(0.5), 0.002, 0.2)
            * self.reports["research_development"][:, None],
            "restructuring": 0.01 * rng.random(self.shape) * (rng.random(self.shape) < 0.5),
            "impairment": 0.008 * rng.random(self.shape) * (rng.random(self.shape) < 0.5),
        }
        turnover = np.clip(0.8 * np.exp(0.4 * rng.standard_normal((count, 1))), 0.25, 2.5)
        season = SEASONS[np.minimum(self.schedule.number, 4) - 1]
        noise = np.exp(0.03 * rng.standard_normal(self.shape))
        usual = turnover * _before(items["assets"]) * self.schedule.days / 365 * season * noise
        cost = sum(rates.values())
        income = items["operating_income"]
        # Gross profit stays between a sliver and 80 % of sales.
        sales = np.maximum.reduce([usual, income / (0.8 - cost), -income / (0.9 * cost)])
        items["sales"] = _thousands(sales)
        for item, rate in rates.items():
            items[item] = _thousands(rate * sales)
        items["operating_expenses"] = _total(items, tuple(rates))
        items["gross_profit"] = income + items["operating_expenses"]
        items["cost_of_sales"] = items["sales"] - items["gross_profit"]
        items["advertising"] = _thousands(items["sga"] * rng.uniform(0.05, 0.25, (count, 1)))

    def _bank_and_insurer(self) -> None:
        """Lines of banks (net interest, non-interest) and insurers (within sales)."""
        items = self.items
        years = self.schedule.days / 365
        interest = _thousands(0.032 * _before(items["assets"]) * years)
        provision = _thousands(0.004 * _before(items["loans_net"]) * years)
        fees = 0.012 * _before(items["assets"]) * years
        least = items["pretax_income"] + provision - interest + 0.02 * self.paths.book
        items["net_interest_income"] = interest
        items["provision_credit_losses"] = provision
        items["noninterest_income"] = _thousands(np.maximum(fees, least))
        items["noninterest_expense"] = (
            interest - provision + items["noninterest_income"] - items["pretax_income"]
        )
        revenue = items["net_interest_income"] + items["noninterest_income"]
        items["sales"] = np.where(self.bank[:, None], revenue, items["sales"])
        items["premiums_earned"] = _thousands(0.8 * items["sales"])
        items["policy_benefits"] = _thousands(0.7 * items["cost_of_sales"])

    def _equity_accounts(self) -> None:
        """Retained earnings, treasury stock and paid-in capital roll forward."""
        items, equity = self.items, self.items["common_equity"]
        shares_before = _before(self.paths.shares)
        common = self.paths.dividend_per_share * shares_before
        items["dividends_common"] = _thousands(common)
        items["dividends_paid"] = items["dividends_common"] + items["preferred_dividends"]
        kept = items["net_income"] - items["dividends_paid"]
        kept[:, 0] = _thousands(0.5 * self.paths.book[:, 0])
        items["retained_earnings"] = np.cumsum(kept, axis=1)
        wobble = 1 + 0.2 * self.rng.standard_normal(self.shape)
        items["other_comprehensive_income"] = _thousands(-0.01 * self.paths.book * wobble)
        items["stock_compensation"] = _thousands(STOCK_COMPENSATION * self.paths.book)
        raised = (
            _change(equity) - items["net_income"] + items["dividends_paid"]
            - items["stock_compensation"] - _change(items["other_comprehensive_income"])
        )  # fmt: skip
        churn = _thousands(0.002 * self.paths.book)
        items["share_issuance"] = churn + np.maximum(raised, 0)
        items["share_repurchases"] = churn + np.maximum(-raised, 0)
        bought = items["share_repurchases"].copy()
        bought[:, 0] = _thousands(0.1 * self.paths.book[:, 0])
        items["treasury_stock"] = np.cumsum(bought, axis=1)
        par = _thousands(0.001 * self.paths.shares[:, :1])
        items["common_stock"] = np.broadcast_to(par, self.shape).copy()
        items["paid_in_capital"] = (
            equity - items["preferred_equity"] - items["common_stock"]
            - items["retained_earnings"] - items["other_comprehensive_income"]
            + items["treasury_stock"]
        )  # fmt: skip
        items["shares_outstanding"] = np.round(self.paths.shares).astype(np.int64)

    def _cash_flows(self) -> None:
        items = self.items
        self._investing()
        debt = _change(items["short_term_debt"] + items["long_term_debt"])
        rolled = _thousands(0.02 * items["long_term_debt"])
        items["debt_issuance"] = rolled + np.maximum(debt, 0)
        items["debt_repayment"] = rolled + np.maximum(-debt, 0)
        items["other_financing"] = (
            _change(items["noncontrolling_interest"]) - items["income_to_noncontrolling"]
        )
        items["financing_cash_flow"] = (
            items["share_issuance"] - items["share_repurchases"] - items["dividends_paid"]
            + items["debt_issuance"] - items["debt_repayment"] + items["other_financing"]
        )  # fmt: skip
        items["cash_change"] = _change(items["cash_and_equivalents"])
        items["operating_cash_flow"] = (
            items["cash_change"] - items["investing_cash_flow"] - items["financing_cash_flow"]
        )
        items["deferred_tax_expense"] = _change(items["deferred_taxes"])
        items["change_in_receivables"] = _change(items["receivables"])
        items["change_in_inventory"] = _change(items["inventory"])
        items["change_in_payables"] = _change(items["accounts_payable"])
        items["other_operating"] = -items["operating_cash_flow"] + _operating_sum(items)
        items["taxes_paid"] = items["income_tax"] - items["deferred_tax_expense"]
        items["interest_paid"] = _thousands(
            items["interest_expense"] * self.rng.uniform(0.9, 1.1, self.shape)
        )

    def _investing(self) -> None:
        items = self.items
        wear = _thousands(0.02 * _before(items["ppe_net"]))
        amortized = _thousands(0.025 * _before(items["intangibles"]))
        items["depreciation_amortization"] = wear + amortized
        built = _change(items["ppe_net"]) + wear
        items["capex"] = np.maximum(built, _thousands(0.5 * wear))
        bought = _change(items["goodwill"] + items["intangibles"]) + amortized + items["impairment"]
        items["acquisitions"] = np.maximum(bought, 0)
        items["investments_bought_net"] = _change(items["short_term_investments"])
        items["other_investing"] = (
            built - items["capex"] + bought - items["acquisitions"] + (_change(items["loans_net"]))
        )
        items["investing_cash_flow"] = -(
            items["capex"] + items["acquisitions"] + items["investments_bought_net"]
            + items["other_investing"]
        )  # fmt: skip

    def _details(self) -> None:
        """Lines within other lines; nothing adds up to them that is not reported too."""
        items = self.items

        def part(whole: str, low: float, high: float) -> np.ndarray:
            share = self.rng.uniform(low, high, (self.shape[0], 1))
            return _thousands(items[whole] * share)

        items["short_term_borrowings"] = part("short_term_debt", 0.2, 0.8)
        items["long_term_debt_current"] = items["short_term_debt"] - items["short_term_borrowings"]
        items["long_term_debt_total"] = items["long_term_debt"] + items["long_term_debt_current"]
        items["accumulated_depreciation"] = part("ppe_net", 0.3, 1.2)
        items["ppe_gross"] = items["ppe_net"] + items["accumulated_depreciation"]
        items["operating_lease_assets"] = part("other_assets", 0.1, 0.3)
        items["long_term_investments"] = part("other_assets", 0.1, 0.4)
        items["operating_lease_liabilities"] = part("other_liabilities", 0.1, 0.4)
        items["taxes_payable"] = part("accrued_liabilities", 0.05, 0.2)
        items["credit_loss_allowance"] = part("loans_net", 0.01, 0.03)
        items["policy_reserves"] = part("other_liabilities", 0.4, 0.6)
        items["selling_marketing"] = part("sga", 0.3, 0.6)
        items["general_administrative"] = items["sga"] - items["selling_marketing"]
        items["costs_and_expenses"] = items["cost_of_sales"] + items["operating_expenses"]
        items["amortization_intangibles"] = part("depreciation_amortization", 0.05, 0.3)
        items["net_investment_income"] = part("sales", 0.05, 0.15)
        items["comprehensive_income"] = items["net_income"] + _change(
            items["other_comprehensive_income"]
        )
        items["treasury_shares"] = np.broadcast_to(
            _thousands(0.03 * self.paths.shares[:, :1]), self.shape
        ).copy()
        items["shares_issued"] = items["shares_outstanding"] + items["treasury_shares"]

    def _restate(self) -> dict[int, int]:
        """Append a row per restated company: sales booked too early, taken back."""
        companies = np.flatnonzero(self.schedule.restated >= 0)
        rows = {int(company): self.shape[0] + step for step, company in enumerate(companies)}
        for item, values in self.items.items():
            self.items[item] = np.concatenate([values, values[companies]])
        for company, row in rows.items():
            quarter = int(self.schedule.restated[company])
            book = self.paths.book[company, quarter]
            after_tax = int(book - self.paths.restated_book[company])
            assert after_tax == int(_thousands(RESTATED_BOOK * book))
            before_tax = int(_thousands(after_tax / (1 - self.tax_rate[company, 0])))
            for names, amount in _restated_items(before_tax, after_tax):
                for item in names:
                    self.items[item][row, quarter] -= amount
        return rows


def _restated_items(before_tax: int, after_tax: int) -> tuple[tuple[tuple[str, ...], int], ...]:
    """Which items a restatement lowers, and by how much."""
    return (
        (
            (
                "sales", "gross_profit", "operating_income", "noninterest_income",
                "pretax_income", "receivables", "current_assets", "assets",
                "liabilities_and_equity", "change_in_receivables",
            ),
            before_tax,
        ),
        (
            (
                "income_continuing", "profit_loss", "net_income", "net_income_common",
                "comprehensive_income",
                "common_equity", "total_equity", "retained_earnings",
            ),
            after_tax,
        ),
        (
            ("income_tax", "accrued_liabilities", "current_liabilities", "liabilities"),
            before_tax - after_tax,
        ),
        # Taxes accrued less: operating capital takes up that much more cash.
        (("other_operating",), after_tax - before_tax),
    )  # fmt: skip


def _operating_sum(items: Items) -> np.ndarray:
    """Operating cash flow before the change in other operating capital."""
    return (
        items["profit_loss"] + items["depreciation_amortization"] + items["stock_compensation"]
        + items["impairment"] + items["deferred_tax_expense"] - items["change_in_receivables"]
        - items["change_in_inventory"] + items["change_in_payables"]
    )  # fmt: skip


def _thousands(amount: np.ndarray | float) -> np.ndarray:
    return np.round(np.asarray(amount) / 1000).astype(np.int64) * 1000


def _before(values: np.ndarray) -> np.ndarray:
    """The previous quarter's values; the first quarter keeps its own."""
    return np.concatenate([values[:, :1], values[:, :-1]], axis=1)


def _change(values: np.ndarray) -> np.ndarray:
    return np.asarray(values - _before(values))


def _total(items: Items, names: tuple[str, ...]) -> np.ndarray:
    return np.asarray(np.sum([items[name] for name in names], axis=0))
