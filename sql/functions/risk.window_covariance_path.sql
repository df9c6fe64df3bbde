-- risk.window_covariance_path(window_days, session_nos, returns, n_before)
--     -> one row per row of returns after the first n_before that has a whole window
--
-- Daily covariances of K factors from an equally weighted window of days, shrunk
-- towards the mean variance as Ledoit and Wolf do, about zero: scikit-learn's
-- LedoitWolf(assume_centered=True). The plain baseline beside exponential models.
--
-- returns: days x factors, fractions per day, none null (a style without a return on a
--     day, which no name was exposed to, counts with 0: risk.zero_for_null). n_before
--     rows at the top serve the windows only.
-- The sums slide: a day is added and one taken away. They are summed anew at every
-- session whose number is a multiple of 21, so that the same session has the same
-- bits wherever a path begins; give 20 rows more than the window in n_before.
-- Source: Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional
-- covariance matrices.
--
-- Tested in: tests/sql/test_risk_covariance.py

create or replace function risk.window_covariance_path(
    p_window_days integer,
    p_session_nos integer[],
    p_returns double precision[],
    p_n_before integer default 0
)
returns table (
    session_no integer,
    covariance double precision[],
    shrinkage double precision
)
language plpgsql
immutable
parallel safe
as $body$
declare
    k constant integer := array_length(p_returns, 2);
    n constant double precision := p_window_days;
    sums double precision[] := array_fill(0::double precision, array[k, k]);
    norms double precision[] := array_fill(0::double precision, array[array_length(p_returns, 1)]);
    fourth double precision;
    is_begun boolean := false;
    x double precision; y double precision; mean double precision;
    squares double precision;
begin
    for t in 1..array_length(p_returns, 1) loop
        x := 0;
        for i in 1..k loop
            x := x + p_returns[t][i] * p_returns[t][i];
        end loop;
        norms[t] := x;
    end loop;
    for t in p_window_days..array_length(p_returns, 1) loop
        session_no := p_session_nos[t];
        if session_no % 21 = 0 or t = p_window_days then
            is_begun := true;
            fourth := 0;
            for u in t - p_window_days + 1..t loop
                fourth := fourth + norms[u] * norms[u];
            end loop;
            for i in 1..k loop
                for j in 1..i loop
                    x := 0;
                    for u in t - p_window_days + 1..t loop
                        x := x + p_returns[u][i] * p_returns[u][j];
                    end loop;
                    sums[i][j] := x;
                end loop;
            end loop;
        elsif is_begun then
            fourth := fourth + norms[t] * norms[t]
                - norms[t - p_window_days] * norms[t - p_window_days];
            for i in 1..k loop
                x := p_returns[t][i];
                y := p_returns[t - p_window_days][i];
                for j in 1..i loop
                    sums[i][j] := sums[i][j] + x * p_returns[t][j]
                        - y * p_returns[t - p_window_days][j];
                end loop;
            end loop;
        end if;
        continue when t <= p_n_before or not is_begun;
        mean := 0;
        squares := 0;
        for i in 1..k loop
            mean := mean + sums[i][i] / n / k;
            for j in 1..i loop
                squares := squares
                    + case when i = j then 1 else 2 end * (sums[i][j] / n) ^ 2;
            end loop;
        end loop;
        y := (squares - k * mean * mean) / k;
        x := least((fourth / n - squares) / (k * n), y);
        shrinkage := case when y > 0 and x > 0 then x / y else 0 end;
        covariance := array_fill(0::double precision, array[k, k]);
        for i in 1..k loop
            for j in 1..i loop
                covariance[i][j] := (1 - shrinkage) * sums[i][j] / n
                    + case when i = j then shrinkage * mean else 0 end;
                covariance[j][i] := covariance[i][j];
            end loop;
        end loop;
        return next;
    end loop;
end
$body$;

comment on function risk.window_covariance_path(
    integer, integer[], double precision[], integer
) is
'Daily Ledoit-Wolf covariances of equally weighted windows of factor returns.';
