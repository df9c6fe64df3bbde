-- risk.toraniko_cross_section(wzz, wzr, n_sectors, n_styles, residualize_styles)
--     -> double precision[]
--
-- One day's factor returns as toraniko estimates them, from weighted cross-moments
-- of z = (1, sectors, styles): market, sectors, styles.
--
-- wzz: sums of w * z * z, upper triangle, row by row; those of a sector and a style
--     may be null where residualize_styles is false. wzr: sums of w * z * r.
-- First r is regressed on market and sectors, which sum to 0: the last is minus the
-- sum of the others, in the moments of (1, each sector less the last). Then what
-- remains of r, or r itself, is regressed on the styles alone. Both are solutions of
-- least norm, so that an empty sector or a style twice has a return, as in toraniko.
-- Null where wzz or wzr is null.
-- Source: toraniko 1.1, toraniko.model._factor_returns.
--
-- Tested in: tests/oracles/test_toraniko.py

create or replace function risk.toraniko_cross_section(
    p_wzz double precision[],
    p_wzr double precision[],
    p_n_sectors integer,
    p_n_styles integer,
    p_residualize_styles boolean
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    l constant integer := 1 + p_n_sectors;
    n constant integer := 1 + p_n_sectors + p_n_styles;
    moments double precision[] := array_fill(0::double precision, array[n, n]);
    m double precision[] :=
        array_fill(0::double precision, array[p_n_sectors, p_n_sectors]);
    b double precision[] := array_fill(0::double precision, array[p_n_sectors]);
    f double precision[];
    last double precision := 0;
    p integer := 0;
begin
    for i in 1..n loop
        for j in i..n loop
            p := p + 1;
            moments[i][j] := p_wzz[p];
            moments[j][i] := p_wzz[p];
        end loop;
    end loop;

    for i in 1..p_n_sectors loop
        b[i] := p_wzr[i] - case when i > 1 then p_wzr[l] else 0 end;
        for j in 1..p_n_sectors loop
            m[i][j] := moments[i][j]
                - case when i > 1 then moments[l][j] else 0 end
                - case when j > 1 then moments[i][l] else 0 end
                + case when i > 1 and j > 1 then moments[l][l] else 0 end;
        end loop;
    end loop;
    f := linalg.solve_least_norm(m, b);
    for i in 2..p_n_sectors loop
        last := last - f[i];
    end loop;
    f := f || last;
    if p_n_styles = 0 then
        return f;
    end if;

    b := p_wzr[l + 1:n];
    if p_residualize_styles then
        for i in 1..p_n_styles loop
            for j in 1..l loop
                b[i] := b[i] - moments[l + i][j] * f[j];
            end loop;
        end loop;
    end if;
    m := array_fill(0::double precision, array[p_n_styles, p_n_styles]);
    for i in 1..p_n_styles loop
        for j in 1..p_n_styles loop
            m[i][j] := moments[l + i][l + j];
        end loop;
    end loop;
    return f || linalg.solve_least_norm(m, b);
end
$body$;

comment on function risk.toraniko_cross_section(
    double precision[], double precision[], integer, integer, boolean
) is
'One day''s factor returns as toraniko estimates them, from weighted moments.';
