-- risk.covariance_path(
--     parameters, session_nos, returns, n_before, state, keep_state, first_no)
--     -> one row per row of returns after the first n_before
--
-- Daily covariances of K factors, each from the factor returns up to its day:
--   1. second moments about zero with exponential weights: variances with
--      variance_half_life, correlations with correlation_half_life;
--   2. Newey-West with Bartlett weights, variance_lags and correlation_lags;
--   3. eigenfactor adjustment with scale eigenfactor_scale, its biases simulated every
--      eigenfactor_every days and held between, at the harmonic mean of the effective
--      days of both half-lives (docs/risk.md tells what other choices give);
--   4. volatility regime adjustment: times the exponentially weighted mean, with
--      regime_half_life, of the squared returns over the variances that step 3
--      forecast the day before;
--   5. the nearest positive semi-definite matrix, where it is not one, with the
--      relative Frobenius distance as distortion.
-- One day's covariance: times h for a horizon of h days.
--
-- parameters: see risk.default_parameters. With regime_weight below 1, days whose
--     market (the first factor) was in the other state of volatility, its 21-day
--     average above its 504-day one or not, count so much less.
-- session_nos: number of each row's session; weights grow by the half-life from
--     session 0 on, so that a path goes on from its state with the same bits.
-- returns: days x factors, fractions per day; null where there is none: its products
--     do not count, pair by pair. n_before rows at the top serve as lags only.
-- state: that of the last of these rows, or null to begin.
--
-- first_no: number of the first session whose covariance is wanted; before it only
--     what it rests on is done.
-- Returns: covariance is null until least_days days count. state goes with every row
-- of which the session is in keep_state, and with the last.
-- Source: Menchero, Orr and Wang (2011), USE4 methodology, sections 4.1 to 4.4;
-- Newey and West (1987).
--
-- Tested in: tests/sql/test_risk_covariance.py

create or replace function risk.covariance_path(
    p_parameters jsonb,
    p_session_nos integer[],
    p_returns double precision[],
    p_n_before integer default 0,
    p_state double precision[] default null,
    p_keep_state integer[] default array[]::integer[],
    p_first_no integer default 0
)
returns table (
    session_no integer,
    n_days integer,
    covariance double precision[],
    regime_multiplier double precision,
    eigenfactor_biases double precision[],
    distortion double precision,
    state double precision[]
)
language plpgsql
immutable
parallel safe
as $body$
declare
    k constant integer := array_length(p_returns, 2);
    variance_growth constant double precision :=
        ln(2::double precision) / (p_parameters ->> 'variance_half_life')::float8;
    correlation_growth constant double precision :=
        ln(2::double precision) / (p_parameters ->> 'correlation_half_life')::float8;
    regime_growth constant double precision :=
        ln(2::double precision) / (p_parameters ->> 'regime_half_life')::float8;
    variance_lags constant integer := (p_parameters ->> 'variance_lags')::integer;
    correlation_lags constant integer := (p_parameters ->> 'correlation_lags')::integer;
    least_days constant integer := (p_parameters ->> 'least_days')::integer;
    scale constant double precision := (p_parameters ->> 'eigenfactor_scale')::float8;
    every constant integer := (p_parameters ->> 'eigenfactor_every')::integer;
    simulations constant integer := (p_parameters ->> 'eigenfactor_simulations')::integer;
    other_weight constant double precision :=
        coalesce((p_parameters ->> 'regime_weight')::float8, 1);
    -- Sums by state of the market (0 calm, 1 stressed): for correlations the products
    -- at lag 0 and the symmetrized ones at lags 1 to L, one after the other, each k x k
    -- by rows; for variances the squares at lags 0 to L, each k.
    products double precision[];
    product_weights double precision[];
    squares double precision[];
    square_weights double precision[];
    adjustment double precision[];
    before double precision[];
    half double precision[] := array_fill(0::double precision, array[k, k]);
    biases double precision[];
    since_simulated integer;
    regime_sum double precision;
    regime_weight double precision;
    fast double precision;
    slow double precision;
    regime integer := 0;
    x double precision[] := array_fill(null::double precision, array[k]);
    volatility double precision[] := array_fill(0::double precision, array[k]);
    f double precision[] := array_fill(0::double precision, array[k, k]);
    d double precision[];
    u double precision[];
    g double precision; h double precision; y double precision; z double precision;
    n integer; p integer; q integer; own integer; other integer; kk integer := k * k;
    n_products integer := (1 + correlation_lags) * k * k;
    n_squares integer := (1 + variance_lags) * k;
begin
    if p_state is null then
        n_days := 0;
        since_simulated := -1;
        regime_sum := 0;
        regime_weight := 0;
        fast := 0;
        slow := 0;
        products := array_fill(0::double precision, array[2 * n_products]);
        product_weights := array_fill(0::double precision, array[2 * kk]);
        squares := array_fill(0::double precision, array[2 * n_squares]);
        square_weights := array_fill(0::double precision, array[2 * k]);
    else
        n_days := p_state[1];
        since_simulated := p_state[2];
        regime_sum := p_state[3];
        regime_weight := p_state[4];
        fast := p_state[5];
        slow := p_state[6];
        regime := p_state[7];
        p := 7;
        products := p_state[p + 1:p + 2 * n_products];
        p := p + 2 * n_products;
        product_weights := p_state[p + 1:p + 2 * kk];
        p := p + 2 * kk;
        squares := p_state[p + 1:p + 2 * n_squares];
        p := p + 2 * n_squares;
        square_weights := p_state[p + 1:p + 2 * k];
        p := p + 2 * k;
        before := p_state[p + 1:p + k];
        p := p + k;
        biases := p_state[p + 1:p + k];
        p := p + k;
        if since_simulated >= 0 then
            adjustment := linalg.unflatten(p_state[p + 1:p + kk], k);
        end if;
        before := case when before[1] is null then null else before end;
        biases := case when biases[1] is null then null else biases end;
    end if;

    for t in p_n_before + 1..array_length(p_returns, 1) loop
        session_no := p_session_nos[t];
        n_days := n_days + 1;

        -- Judge yesterday's forecast by today's returns, before they join the sums.
        if before is not null then
            y := 0;
            n := 0;
            for i in 1..k loop
                if p_returns[t][i] is not null and before[i] > 0 then
                    y := y + p_returns[t][i] * p_returns[t][i] / before[i];
                    n := n + 1;
                end if;
            end loop;
            if n > 0 then
                g := exp(regime_growth * session_no);
                regime_sum := regime_sum + g * y / n;
                regime_weight := regime_weight + g;
            end if;
        end if;

        -- The day counts for the state the market was in the close before.
        own := regime * n_products;
        p := regime * kk;
        g := exp(correlation_growth * session_no);
        for i in 1..k loop
            continue when p_returns[t][i] is null;
            y := g * p_returns[t][i];
            q := own + (i - 1) * k;
            for j in 1..i loop
                if p_returns[t][j] is not null then
                    products[q + j] := products[q + j] + y * p_returns[t][j];
                    product_weights[p + (i - 1) * k + j] :=
                        product_weights[p + (i - 1) * k + j] + g;
                end if;
            end loop;
            for l in 1..least(correlation_lags, t - 1) loop
                q := own + l * kk + (i - 1) * k;
                for j in 1..k loop
                    if p_returns[t - l][j] is not null then
                        products[q + j] := products[q + j] + y * p_returns[t - l][j];
                    end if;
                end loop;
            end loop;
        end loop;
        own := regime * n_squares;
        p := regime * k;
        g := exp(variance_growth * session_no);
        for i in 1..k loop
            continue when p_returns[t][i] is null;
            square_weights[p + i] := square_weights[p + i] + g;
            for l in 0..least(variance_lags, t - 1) loop
                if p_returns[t - l][i] is not null then
                    squares[own + l * k + i] := squares[own + l * k + i]
                        + g * p_returns[t][i] * p_returns[t - l][i];
                end if;
            end loop;
        end loop;
        if p_returns[t][1] is not null then
            y := p_returns[t][1] * p_returns[t][1];
            fast := fast + (y - fast) * greatest(1 - exp(-ln(2::float8) / 21), 1.0 / n_days);
            slow := slow + (y - slow) * greatest(1 - exp(-ln(2::float8) / 504), 1.0 / n_days);
            regime := case when other_weight < 1 and fast > slow then 1 else 0 end;
        end if;

        covariance := null;
        regime_multiplier := null;
        distortion := null;
        if n_days >= least_days then
            -- Newey-West; the other state's days at their weight. A variance that the
            -- lags would take below a tenth of the plain one is a tenth of it.
            p := regime * k;
            q := (1 - regime) * k;
            own := regime * n_squares;
            other := (1 - regime) * n_squares;
            for i in 1..k loop
                h := square_weights[p + i] + other_weight * square_weights[q + i];
                y := squares[own + i] + other_weight * squares[other + i];
                z := y;
                for l in 1..variance_lags loop
                    z := z + 2 * (1 - l / (variance_lags + 1.0::float8)) * (
                        squares[own + l * k + i]
                        + other_weight * squares[other + l * k + i]
                    );
                end loop;
                volatility[i] := case
                    when h > 0 then sqrt(greatest(z, 0.1 * y) / h) else 0 end;
            end loop;
            if simulations > 0 or session_no >= p_first_no then
                p := regime * kk;
                q := (1 - regime) * kk;
                own := regime * n_products;
                other := (1 - regime) * n_products;
                for i in 1..k loop
                    for j in 1..i loop
                        n := (i - 1) * k + j;
                        h := product_weights[p + n] + other_weight * product_weights[q + n];
                        y := products[own + n] + other_weight * products[other + n];
                        for l in 1..correlation_lags loop
                            y := y + (1 - l / (correlation_lags + 1.0::float8)) * (
                                products[own + l * kk + n]
                                + products[own + l * kk + (j - 1) * k + i]
                                + other_weight * (
                                    products[other + l * kk + n]
                                    + products[other + l * kk + (j - 1) * k + i]
                                )
                            );
                        end loop;
                        f[i][j] := case when h > 0 then y / h else 0 end;
                    end loop;
                end loop;
                for i in 1..k loop
                    half[i][i] := case when f[i][i] > 0 then volatility[i] / sqrt(f[i][i]) else 0 end;
                end loop;
                for i in 1..k loop
                    for j in 1..i loop
                        f[i][j] := case when i = j then volatility[i] * volatility[i]
                            else f[i][j] * half[i][i] * half[j][j] end;
                        f[j][i] := f[i][j];
                    end loop;
                end loop;
            end if;

            if simulations > 0 then
                if since_simulated < 0 or since_simulated >= every then
                    y := 2 / (
                        1 / risk.effective_days(
                            n_days, (p_parameters ->> 'variance_half_life')::float8
                        )
                        + 1 / risk.effective_days(
                            n_days, (p_parameters ->> 'correlation_half_life')::float8
                        )
                    );
                    if y > k then
                        select e.eigenvalues, e.eigenvectors into d, u
                        from linalg.eigen_symmetric(f) as e;
                        biases := risk.eigenfactor_bias(
                            d, y, simulations, (p_parameters ->> 'seed')::bigint
                        );
                        for i in 1..k loop
                            biases[i] := 1 + scale * (biases[i] - 1);
                        end loop;
                        adjustment := linalg.multiply(
                            linalg.multiply(u, linalg.diagonal_matrix(biases)),
                            linalg.transpose(u)
                        );
                        since_simulated := 0;
                    end if;
                end if;
            end if;
            if since_simulated >= 0 then
                since_simulated := since_simulated + 1;
                before := risk.sandwich_diagonal(adjustment, f);
            else
                before := volatility;
                for i in 1..k loop
                    before[i] := volatility[i] * volatility[i];
                end loop;
            end if;
            regime_multiplier := case
                when regime_weight > 0
                    and n_days >= least_days + (p_parameters ->> 'regime_least_days')::integer
                    then sqrt(regime_sum / regime_weight)
                else 1 end;
            if session_no >= p_first_no then
                if since_simulated >= 0 then
                    f := risk.sandwich(adjustment, f);
                end if;
                y := regime_multiplier * regime_multiplier;
                for i in 1..k loop
                    for j in 1..k loop
                        f[i][j] := f[i][j] * y;
                    end loop;
                end loop;
                -- A factor that never had a return is a row of zeros, which no Cholesky
                -- factor has: its place is taken for the test alone.
                half := f;
                y := linalg.trace(f) / k;
                for i in 1..k loop
                    half[i][i] := case when f[i][i] > 0 then f[i][i] else y end;
                end loop;
                if linalg.try_cholesky(half) is not null then
                    covariance := f;
                    distortion := 0;
                else
                    select near.psd, near.distortion into covariance, distortion
                    from linalg.nearest_psd(f, 1e-12) as near;
                end if;
            end if;
        end if;

        eigenfactor_biases := biases;
        state := null;
        if t = array_length(p_returns, 1) or session_no = any(p_keep_state) then
            state := array[n_days, since_simulated, regime_sum, regime_weight, fast, slow, regime]
                || products || product_weights || squares || square_weights
                || coalesce(before, array_fill(null::float8, array[k]))
                || coalesce(biases, array_fill(null::float8, array[k]))
                || coalesce(
                    linalg.flatten(adjustment), array_fill(null::float8, array[kk])
                );
        end if;
        return next;
    end loop;
end
$body$;

comment on function risk.covariance_path(
    jsonb, integer[], double precision[], integer, double precision[], integer[],
    integer
) is
'Daily factor covariances: EWMA, Newey-West, eigenfactor and regime adjustment, PSD.';
