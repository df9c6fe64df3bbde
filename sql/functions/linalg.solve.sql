-- linalg.solve(m, b) -> double precision[]
--
-- The matrix x with mx = b, of any square m, by Gaussian elimination of rows
-- brought to one scale, with partial pivoting. Numbers below 1e-150 count as 0,
-- as PostgreSQL raises an error where a product underflows. Null where one is
-- null; an error 22023 for what is no matrix of finite entries, for shapes that
-- do not fit, and where m is singular to working precision: where no pivot of a
-- column is above n * 5e-15 of its row.
--
-- Source: Golub & Van Loan (2013), Matrix Computations, 3.4.
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.solve(m double precision[], b double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(m, 'linalg.solve');
    k integer := array_length(b, 2);
    width integer := n + k;
    a double precision[] := array_fill(0::double precision, array[n, width]);
    x double precision[] := array_fill(0::double precision, array[n, k]);
    at integer;
    s double precision;
begin
    if array_length(m, 2) <> n then
        raise exception using errcode = '22023', message = format(
            'linalg.solve: the matrix is %s x %s, not square', n, array_length(m, 2));
    elsif linalg.require_matrix(b, 'linalg.solve') <> n then
        raise exception using errcode = '22023', message = format(
            'linalg.solve: %s rows on the right, not %s', array_length(b, 1), n);
    end if;
    for i in 1..n loop
        s := 0;
        for j in 1..n loop
            s := greatest(s, abs(m[i][j]));
        end loop;
        s := case when s > 0 then s else 1 end;
        for j in 1..width loop
            a[i][j] := case when j <= n then m[i][j] else b[i][j - n] end / s;
        end loop;
    end loop;
    for p in 1..n loop
        at := p;
        for i in p + 1..n loop
            at := case when abs(a[i][p]) > abs(a[at][p]) then i else at end;
        end loop;
        if abs(a[at][p]) <= n * 5e-15 then
            raise exception using errcode = '22023', message = format(
                'linalg.solve: the matrix is singular, at pivot %s of %s', p, n);
        end if;
        for j in p..width loop
            s := a[at][j];
            a[at][j] := a[p][j];
            a[p][j] := case when abs(s) > 1e-150 then s else 0 end;
        end loop;
        for i in p + 1..n loop
            s := a[i][p] / a[p][p];
            continue when abs(s) <= 1e-150;
            for j in p + 1..width loop
                a[i][j] := a[i][j] - s * a[p][j];
            end loop;
        end loop;
    end loop;
    for c in 1..k loop
        for i in reverse n..1 loop
            s := a[i][n + c];
            for j in i + 1..n loop
                s := s - a[i][j] * x[j][c];
            end loop;
            x[i][c] := case when abs(s) > 1e-150 then s / a[i][i] else 0 end;
        end loop;
    end loop;
    return x;
end
$body$;

comment on function linalg.solve(double precision[], double precision[]) is
'Solution of a square system of equations, for every column of the right side.';
