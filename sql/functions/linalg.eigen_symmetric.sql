-- linalg.eigen_symmetric(m) -> (eigenvalues, eigenvectors)
--
-- Eigenvalues of a symmetric matrix, the largest first, and its eigenvectors in
-- the columns of a matrix, of length 1, each signed so that the first of its
-- largest components is positive. To working precision of the largest entry.
-- Null for null; an error 22023 for what is not symmetric.
--
-- A rotation (c, s) of a pair (x, y) takes two statements and no third variable:
-- x := c x - s y, then y := t x + y / c with t = s / c. `a` holds the upper
-- triangle in units of the largest entry, `v` the eigenvectors in rows. Noise of
-- 1e-30 in both keeps products away from the underflow that PostgreSQL raises as
-- an error; what is below 1e-20 is 0 in the result.
--
-- Source: cyclic Jacobi; Golub & Van Loan (2013), Matrix Computations, 8.5, with
-- the thresholds of Rutishauser (1966), Numerische Mathematik 9, 1-10.
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.eigen_symmetric(
    m double precision[],
    out eigenvalues double precision[],
    out eigenvectors double precision[]
)
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_symmetric(m, 'linalg.eigen_symmetric');
    a double precision[] := array_fill(1e-30::double precision, array[n, n]);
    v double precision[] := array_fill(1e-30::double precision, array[n, n]);
    largest double precision := 0;
    threshold double precision;
    is_rotated boolean;
    places integer[];
    at integer;
    c double precision; s double precision; t double precision; u double precision;
begin
    for i in 1..n loop
        for j in 1..i loop
            largest := greatest(largest, abs(m[i][j]));
        end loop;
    end loop;
    largest := case when largest > 0 then largest else 1 end;
    for i in 1..n loop
        for j in 1..i loop
            if abs(m[i][j]) > 1e-30 * greatest(largest, 1e-270) then
                a[j][i] := m[i][j] / largest;
            end if;
        end loop;
        v[i][i] := 1;
    end loop;
    for sweep in 1..60 loop
        threshold := 0;
        if sweep < 4 then
            for p in 1..n - 1 loop
                for q in p + 1..n loop
                    threshold := threshold + abs(a[p][q]);
                end loop;
            end loop;
        end if;
        threshold := greatest(0.2 * threshold / (n * n), 1e-17);
        is_rotated := false;
        for p in 1..n - 1 loop
            for q in p + 1..n loop
                continue when abs(a[p][q]) <= threshold;
                is_rotated := true;
                t := (a[q][q] - a[p][p]) / (2 * a[p][q]);
                t := case when t < 0 then -1 else 1 end / (abs(t) + sqrt(t * t + 1));
                u := sqrt(t * t + 1);
                c := 1 / u;
                s := t * c;
                a[p][p] := a[p][p] - t * a[p][q];
                a[q][q] := a[q][q] + t * a[p][q];
                a[p][q] := 0;
                for i in 1..p - 1 loop
                    a[i][p] := c * a[i][p] - s * a[i][q];
                    a[i][q] := t * a[i][p] + u * a[i][q];
                end loop;
                for i in p + 1..q - 1 loop
                    a[p][i] := c * a[p][i] - s * a[i][q];
                    a[i][q] := t * a[p][i] + u * a[i][q];
                end loop;
                for i in q + 1..n loop
                    a[p][i] := c * a[p][i] - s * a[q][i];
                    a[q][i] := t * a[p][i] + u * a[q][i];
                end loop;
                for i in 1..n loop
                    v[p][i] := c * v[p][i] - s * v[q][i];
                    v[q][i] := t * v[p][i] + u * v[q][i];
                end loop;
            end loop;
        end loop;
        exit when not is_rotated;
    end loop;
    places := array(
        select i from generate_series(1, n) as i order by a[i][i] desc, i
    );
    eigenvalues := array_fill(0::double precision, array[n]);
    eigenvectors := array_fill(0::double precision, array[n, n]);
    for k in 1..n loop
        at := places[k];
        eigenvalues[k] := case when abs(a[at][at]) > 1e-20
            then a[at][at] * largest else 0 end;
        s := 0;
        t := 0;
        for i in 1..n loop
            s := s + v[at][i] * v[at][i];
            t := case when abs(v[at][i]) > abs(t) * (1 + 1e-9) then v[at][i] else t end;
        end loop;
        s := case when t < 0 then -1 else 1 end / sqrt(s);
        for i in 1..n loop
            eigenvectors[i][k] := case when abs(v[at][i]) > 1e-20
                then v[at][i] * s else 0 end;
        end loop;
    end loop;
end
$body$;

comment on function linalg.eigen_symmetric(double precision[]) is
'Eigenvalues of a symmetric matrix, largest first, and eigenvectors in columns.';
