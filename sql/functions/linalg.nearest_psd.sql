-- linalg.nearest_psd(m, floor default 0) -> (psd, distortion)
--
-- The symmetric matrix nearest to m, in the Frobenius norm, of eigenvalues of at
-- least floor times the largest (0 where none is positive): those below are
-- raised to it and the matrix is rebuilt, exactly symmetric. distortion is the
-- Frobenius norm of the change over that of m, 0 for a zero matrix. m itself,
-- and distortion 0, where no eigenvalue is below: mostly known from a Cholesky
-- factor of m less floor times a bound of the largest eigenvalue, without the
-- eigenvalues. Null where one is null; an error 22023 for what is not symmetric
-- and a floor outside [0, 1].
--
-- Source: Higham (1988), Linear Algebra and its Applications 103, 103-118.
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.nearest_psd(
    m double precision[],
    floor double precision default 0,
    out psd double precision[],
    out distortion double precision
)
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_symmetric(m, 'linalg.nearest_psd');
    w double precision[];
    v double precision[];
    least_value double precision;
    size double precision := linalg.frobenius_norm(m);
    s double precision;
begin
    if floor < 0 or floor > 1 then
        raise exception using errcode = '22023', message = format(
            'linalg.nearest_psd: the floor is a share of the largest, not %s', floor);
    end if;
    psd := m;
    distortion := 0;
    if floor > 0 then
        for i in 1..n loop
            psd[i][i] := m[i][i] - floor * size;
        end loop;
    end if;
    if size = 0 or linalg.try_cholesky(psd) is not null then
        psd := m;
        return;
    end if;
    select e.eigenvalues, e.eigenvectors into w, v from linalg.eigen_symmetric(m) as e;
    least_value := greatest(floor * w[1], 0);
    psd := m;
    if w[n] >= least_value then
        return;
    end if;
    -- Only the eigenvalues below the floor move: their change is added to m.
    for i in 1..n loop
        for j in 1..i loop
            s := m[i][j];
            for k in reverse n..1 loop
                exit when w[k] >= least_value;
                s := s + (least_value - w[k]) * v[i][k] * v[j][k];
            end loop;
            psd[i][j] := s;
            psd[j][i] := s;
        end loop;
    end loop;
    for i in 1..n loop
        w[i] := greatest(least_value - w[i], 0) / size;
    end loop;
    distortion := sqrt((select sum(d * d) from unnest(w) as d where d > 1e-150));
end
$body$;

comment on function linalg.nearest_psd(double precision[], double precision) is
'The nearest matrix without eigenvalues below a floor, and how far it is.';
