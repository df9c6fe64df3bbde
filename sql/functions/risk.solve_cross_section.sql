-- risk.solve_cross_section(
--     cap, w, n_names, we, wee, wr, wrr, wx, wxx, wxe, wxr, n_styles)
--     -> record, see below
--
-- One day's weighted least squares of returns on market, S sectors and K styles,
-- from cross-moments by sector (S values, or S x K and S x K(K+1)/2 matrices).
-- The model is r = market + sector + sum of style * exposure + specific, and the
-- sector returns, weighted by the cap shares of the estimation universe, sum to 0.
-- It is solved in the full-rank basis of S intercepts and K styles: the styles
-- from moments within sectors (Frisch-Waugh-Lovell), the intercepts from sector
-- means, and expanded: market = sum of share * intercept, sector = intercept -
-- market. The sweep operator leaves out a style whose variation within sectors is
-- explained by those before it (tolerance 1e-10 of its variance): null for it.
--
-- Variances are those of WLS with SSE / (n - S - K) of the winsorized returns.
-- vif: 1 / (1 - R2 of the style on all other factors). r2: weighted, centred,
-- of returns that are not winsorized; sectors_r2: of sector means alone.
-- All null where n <= S + K, with the reason in words.
-- Source: Menchero, Orr and Wang (2011), USE4 methodology, section 4; Goodnight
-- (1979) for the sweep.
--
-- Tested in: tests/sql/test_risk_regression.py

create or replace function risk.solve_cross_section(
    cap double precision[], w double precision[], n_names integer[],
    we double precision[], wee double precision[],
    wr double precision[], wrr double precision[],
    wx double precision[], wxx double precision[],
    wxe double precision[], wxr double precision[],
    k integer,
    out n integer,
    out market_return double precision,
    out market_error double precision,
    out sector_returns double precision[],
    out sector_errors double precision[],
    out style_returns double precision[],
    out style_errors double precision[],
    out style_vifs double precision[],
    out r2 double precision,
    out adjusted_r2 double precision,
    out sectors_r2 double precision,
    out adjusted_sectors_r2 double precision,
    out reason text
)
returns record
language plpgsql
immutable
parallel safe
as $body$
declare
    s constant integer := cardinality(w);
    -- Within-sector moments of the styles, swept to their inverse in place.
    a double precision[] := array_fill(0::double precision, array[greatest(k, 1), greatest(k, 1)]);
    within_tss double precision[] := array_fill(0::double precision, array[greatest(k, 1)]);
    tss double precision[] := array_fill(0::double precision, array[greatest(k, 1)]);
    b double precision[] := array_fill(0::double precision, array[greatest(k, 1)]);
    f double precision[] := array_fill(0::double precision, array[greatest(k, 1)]);
    is_in boolean[] := array_fill(false, array[greatest(k, 1)]);
    centre double precision[] := array_fill(0::double precision, array[greatest(k, 1)]);
    intercept double precision[] := array_fill(0::double precision, array[s]);
    share double precision[] := array_fill(0::double precision, array[s]);
    total_w double precision := 0;
    total_cap double precision := 0;
    total double precision;
    square double precision;
    d double precision;
    x double precision;
    h double precision;
    p integer;
    used integer := 0;
    sse_e double precision := 0;
    sse_r double precision := 0;
    sse_sectors double precision := 0;
    tss_r double precision := 0;
    mean_r double precision := 0;
    variance double precision;
    shares_over_w double precision := 0;
begin
    n := 0;
    for g in 1..s loop
        n := n + n_names[g];
        total_w := total_w + w[g];
        total_cap := total_cap + cap[g];
    end loop;
    if n <= s + k then
        reason := format('%s names for %s factors', n, 1 + s + k);
        return;
    end if;

    for g in 1..s loop
        share[g] := cap[g] / total_cap;
        shares_over_w := shares_over_w + share[g] * share[g] / w[g];
    end loop;
    for i in 1..k loop
        total := 0;
        square := 0;
        p := (i - 1) * k - (i - 1) * (i - 2) / 2 - (i - 1);
        for j in i..k loop
            d := 0;
            for g in 1..s loop
                d := d + wxx[g][p + j] - wx[g][i] * wx[g][j] / w[g];
            end loop;
            a[i][j] := d;
            a[j][i] := d;
        end loop;
        d := 0;
        for g in 1..s loop
            d := d + wxe[g][i] - wx[g][i] * we[g] / w[g];
            total := total + wx[g][i];
            square := square + wxx[g][p + i];
            centre[i] := centre[i] + share[g] * wx[g][i] / w[g];
        end loop;
        b[i] := d;
        within_tss[i] := a[i][i];
        tss[i] := square - total * total / total_w;
        if square > 0 and tss[i] <= 1e-12 * square then
            tss[i] := 0;
        end if;
    end loop;

    for i in 1..k loop
        d := a[i][i];
        continue when not d > 1e-10 * tss[i] or not tss[i] > 0;
        is_in[i] := true;
        used := used + 1;
        for j in 1..k loop
            a[i][j] := a[i][j] / d;
        end loop;
        for l in 1..k loop
            continue when l = i;
            x := a[l][i];
            for j in 1..k loop
                a[l][j] := a[l][j] - x * a[i][j];
            end loop;
            a[l][i] := -x / d;
        end loop;
        a[i][i] := 1 / d;
    end loop;

    for i in 1..k loop
        continue when not is_in[i];
        d := 0;
        for j in 1..k loop
            if is_in[j] then
                d := d + a[i][j] * b[j];
            end if;
        end loop;
        f[i] := d;
    end loop;

    market_return := 0;
    for g in 1..s loop
        x := we[g] / w[g];
        for i in 1..k loop
            x := x - f[i] * wx[g][i] / w[g];
        end loop;
        intercept[g] := x;
        market_return := market_return + share[g] * x;
        sse_e := sse_e + wee[g] - we[g] * we[g] / w[g];
        sse_r := sse_r + wrr[g] - 2 * x * wr[g] + x * x * w[g];
        sse_sectors := sse_sectors + wrr[g] - wr[g] * wr[g] / w[g];
        tss_r := tss_r + wrr[g];
        mean_r := mean_r + wr[g] / total_w;
        p := 0;
        for i in 1..k loop
            sse_r := sse_r + 2 * f[i] * (x * wx[g][i] - wxr[g][i]);
            for j in i..k loop
                p := p + 1;
                sse_r := sse_r
                    + case when i = j then 1 else 2 end * f[i] * f[j] * wxx[g][p];
            end loop;
        end loop;
    end loop;
    for i in 1..k loop
        sse_e := sse_e - f[i] * b[i];
    end loop;
    tss_r := tss_r - total_w * mean_r * mean_r;
    if (sse_e + tss_r + total_cap) in ('NaN', 'Infinity', '-Infinity') then
        raise exception using
            errcode = '22023',
            message = 'a return, weight, cap or exposure of the panel is not finite';
    end if;
    variance := greatest(sse_e, 0) / (n - s - used);

    style_returns := array_fill(null::double precision, array[k]);
    style_errors := style_returns;
    style_vifs := style_returns;
    for i in 1..k loop
        continue when not is_in[i];
        style_returns[i] := f[i];
        style_errors[i] := sqrt(variance * a[i][i]);
        style_vifs[i] := tss[i] * a[i][i];
    end loop;

    sector_returns := array_fill(null::double precision, array[s]);
    sector_errors := sector_returns;
    x := shares_over_w;
    for i in 1..k loop
        continue when not is_in[i];
        for j in 1..k loop
            if is_in[j] then
                x := x + centre[i] * centre[j] * a[i][j];
            end if;
        end loop;
    end loop;
    market_error := sqrt(variance * x);
    for g in 1..s loop
        sector_returns[g] := intercept[g] - market_return;
        h := (1 - 2 * share[g]) / w[g] + shares_over_w;
        for i in 1..k loop
            continue when not is_in[i];
            d := wx[g][i] / w[g] - centre[i];
            for j in 1..k loop
                if is_in[j] then
                    h := h + d * (wx[g][j] / w[g] - centre[j]) * a[i][j];
                end if;
            end loop;
        end loop;
        sector_errors[g] := sqrt(variance * greatest(h, 0));
    end loop;

    if tss_r > 0 then
        r2 := 1 - sse_r / tss_r;
        adjusted_r2 := 1 - sse_r / tss_r * (n - 1) / (n - s - used);
        sectors_r2 := 1 - sse_sectors / tss_r;
        adjusted_sectors_r2 := 1 - sse_sectors / tss_r * (n - 1) / (n - s);
    end if;
end
$body$;

comment on function risk.solve_cross_section(
    double precision[], double precision[], integer[],
    double precision[], double precision[], double precision[], double precision[],
    double precision[], double precision[], double precision[], double precision[],
    integer
) is
'One day''s weighted least squares on market, sectors and styles, from moments.';
