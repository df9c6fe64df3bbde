"""The XBRL concepts a sample company reports, one item each."""

from __future__ import annotations

from dataclasses import dataclass

INSTANT, INCOME, CASH, SHARE = "instant", "income", "cash", "share"


@dataclass(frozen=True)
class Concept:
    """An item of a statement.

    tags: companies use one of them (the first most often); span: a balance
    (INSTANT), an income statement flow (quarter and year to date), a cash flow
    (year to date only) or an amount per share or of weighted shares (SHARE).
    """

    item: str
    span: str
    tags: tuple[str, ...]
    unit: str = "USD"


def _concepts(span: str, unit: str, **tags: str | tuple[str, ...]) -> tuple[Concept, ...]:
    return tuple(
        Concept(item, span, (tag,) if isinstance(tag, str) else tag, unit)
        for item, tag in tags.items()
    )


CONCEPTS = (
    *_concepts(
        INSTANT, "USD",
        assets="Assets",
        current_assets="AssetsCurrent",
        cash_and_equivalents="CashAndCashEquivalentsAtCarryingValue",
        short_term_investments=("ShortTermInvestments", "MarketableSecuritiesCurrent"),
        receivables="AccountsReceivableNetCurrent",
        inventory="InventoryNet",
        other_current_assets="OtherAssetsCurrent",
        ppe_net="PropertyPlantAndEquipmentNet",
        goodwill="Goodwill",
        intangibles="IntangibleAssetsNetExcludingGoodwill",
        other_assets="OtherAssetsNoncurrent",
        liabilities="Liabilities",
        current_liabilities="LiabilitiesCurrent",
        accounts_payable="AccountsPayableCurrent",
        accrued_liabilities="AccruedLiabilitiesCurrent",
        short_term_debt="DebtCurrent",
        deferred_revenue=("ContractWithCustomerLiabilityCurrent", "DeferredRevenueCurrent"),
        long_term_debt="LongTermDebtNoncurrent",
        deferred_taxes="DeferredIncomeTaxLiabilitiesNet",
        other_liabilities="OtherLiabilitiesNoncurrent",
        deposits="Deposits",
        loans_net="LoansAndLeasesReceivableNetReportedAmount",
        preferred_equity="PreferredStockValue",
        common_stock="CommonStockValue",
        paid_in_capital="AdditionalPaidInCapital",
        retained_earnings="RetainedEarningsAccumulatedDeficit",
        treasury_stock="TreasuryStockValue",
        other_comprehensive_income="AccumulatedOtherComprehensiveIncomeLossNetOfTax",
        common_equity="StockholdersEquity",
        noncontrolling_interest="MinorityInterest",
        total_equity="StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest",
        liabilities_and_equity="LiabilitiesAndStockholdersEquity",
        short_term_borrowings="ShortTermBorrowings",
        long_term_debt_current="LongTermDebtCurrent",
        long_term_debt_total="LongTermDebt",
        ppe_gross="PropertyPlantAndEquipmentGross",
        accumulated_depreciation=(
            "AccumulatedDepreciationDepletionAndAmortizationPropertyPlantAndEquipment"
        ),
        operating_lease_assets="OperatingLeaseRightOfUseAsset",
        operating_lease_liabilities="OperatingLeaseLiability",
        long_term_investments="LongTermInvestments",
        taxes_payable="AccruedIncomeTaxesCurrent",
        credit_loss_allowance="FinancingReceivableAllowanceForCreditLosses",
        policy_reserves="LiabilityForClaimsAndClaimsAdjustmentExpense",
    ),
    *_concepts(INSTANT, "shares", shares_outstanding="CommonStockSharesOutstanding",
        shares_issued="CommonStockSharesIssued",
        treasury_shares="TreasuryStockShares",
    ),
    *_concepts(
        INCOME, "USD",
        sales=(
            "RevenueFromContractWithCustomerExcludingAssessedTax", "Revenues", "SalesRevenueNet",
        ),
        cost_of_sales=("CostOfRevenue", "CostOfGoodsAndServicesSold"),
        gross_profit="GrossProfit",
        sga="SellingGeneralAndAdministrativeExpense",
        research_development="ResearchAndDevelopmentExpense",
        advertising="AdvertisingExpense",
        restructuring="RestructuringCharges",
        impairment="AssetImpairmentCharges",
        operating_expenses="OperatingExpenses",
        operating_income="OperatingIncomeLoss",
        interest_expense="InterestExpense",
        interest_income="InvestmentIncomeInterest",
        other_nonoperating="OtherNonoperatingIncomeExpense",
        net_interest_income="InterestIncomeExpenseNet",
        provision_credit_losses="ProvisionForLoanLeaseAndOtherLosses",
        noninterest_income="NoninterestIncome",
        noninterest_expense="NoninterestExpense",
        premiums_earned="PremiumsEarnedNet",
        policy_benefits="PolicyholderBenefitsAndClaimsIncurredNet",
        pretax_income=(
            "IncomeLossFromContinuingOperationsBeforeIncomeTaxes"
            "ExtraordinaryItemsNoncontrollingInterest"
        ),
        income_tax="IncomeTaxExpenseBenefit",
        income_continuing="IncomeLossFromContinuingOperations",
        discontinued="IncomeLossFromDiscontinuedOperationsNetOfTax",
        extraordinary="ExtraordinaryItemNetOfTax",
        profit_loss="ProfitLoss",
        income_to_noncontrolling="NetIncomeLossAttributableToNoncontrollingInterest",
        net_income="NetIncomeLoss",
        preferred_dividends="PreferredStockDividendsIncomeStatementImpact",
        net_income_common="NetIncomeLossAvailableToCommonStockholdersBasic",
        selling_marketing="SellingAndMarketingExpense",
        general_administrative="GeneralAndAdministrativeExpense",
        costs_and_expenses="CostsAndExpenses",
        amortization_intangibles="AmortizationOfIntangibleAssets",
        net_investment_income="NetInvestmentIncome",
        comprehensive_income="ComprehensiveIncomeNetOfTax",
    ),
    *_concepts(
        CASH, "USD",
        operating_cash_flow="NetCashProvidedByUsedInOperatingActivities",
        investing_cash_flow="NetCashProvidedByUsedInInvestingActivities",
        financing_cash_flow="NetCashProvidedByUsedInFinancingActivities",
        cash_change=(
            "CashCashEquivalentsRestrictedCashAndRestrictedCashEquivalents"
            "PeriodIncreaseDecreaseIncludingExchangeRateEffect"
        ),
        depreciation_amortization=(
            "DepreciationDepletionAndAmortization", "DepreciationAmortizationAndAccretionNet",
        ),
        stock_compensation="ShareBasedCompensation",
        deferred_tax_expense="DeferredIncomeTaxExpenseBenefit",
        change_in_receivables="IncreaseDecreaseInAccountsReceivable",
        change_in_inventory="IncreaseDecreaseInInventories",
        change_in_payables="IncreaseDecreaseInAccountsPayable",
        other_operating="IncreaseDecreaseInOtherOperatingCapitalNet",
        capex="PaymentsToAcquirePropertyPlantAndEquipment",
        acquisitions="PaymentsToAcquireBusinessesNetOfCashAcquired",
        investments_bought_net="PaymentsForProceedsFromInvestments",
        other_investing="PaymentsForProceedsFromOtherInvestingActivities",
        dividends_paid="PaymentsOfDividends",
        dividends_common="PaymentsOfDividendsCommonStock",
        share_repurchases="PaymentsForRepurchaseOfCommonStock",
        share_issuance="ProceedsFromIssuanceOfCommonStock",
        debt_issuance="ProceedsFromIssuanceOfLongTermDebt",
        debt_repayment="RepaymentsOfLongTermDebt",
        other_financing="ProceedsFromPaymentsForOtherFinancingActivities",
        taxes_paid=("IncomeTaxesPaidNet", "IncomeTaxesPaid"),
        interest_paid=("InterestPaidNet", "InterestPaid"),
    ),
    *_concepts(
        SHARE, "shares",
        weighted_shares_basic="WeightedAverageNumberOfSharesOutstandingBasic",
        weighted_shares_diluted="WeightedAverageNumberOfDilutedSharesOutstanding",
    ),
    *_concepts(
        SHARE, "USD/shares",
        eps_basic="EarningsPerShareBasic",
        eps_diluted="EarningsPerShareDiluted",
        dividends_per_share="CommonStockDividendsPerShareDeclared",
    ),
)  # fmt: skip

COVER_TAG = "EntityCommonStockSharesOutstanding"
BANK_ITEMS = frozenset({
    "deposits", "loans_net", "net_interest_income", "provision_credit_losses",
    "noninterest_income", "noninterest_expense", "credit_loss_allowance",
})  # fmt: skip
INSURER_ITEMS = frozenset(
    {"premiums_earned", "policy_benefits", "policy_reserves", "net_investment_income"}
)
# A bank's balance sheet is unclassified, and it sells no goods.
NOT_OF_BANKS = frozenset({
    "current_assets", "current_liabilities", "inventory", "change_in_inventory", "cost_of_sales",
    "gross_profit", "sga", "research_development", "operating_expenses", "operating_income",
    "other_current_assets", "restructuring", "impairment", "selling_marketing",
    "general_administrative", "costs_and_expenses",
})  # fmt: skip
