-- mk_normal_tail: the share of a normal distribution that lies further out than z, both tails.
--
-- Grain:   one number from 0 to 1 from one number.
-- Reads:   nothing.
-- Caveat:  two rational approximations, within 5e-16 of the exact value everywhere.
-- Method:  docs/methods.md#trends (Hart 1968, as arranged by West 2005)
CREATE OR REPLACE MACRO mk_normal_tail(z) AS
list_transform(
    [abs(z)::DOUBLE],
    LAMBDA x: 2 * exp(-x * x / 2) * CASE
        WHEN x < 7.07106781186547
            THEN (
                (((((
                    (0.0352624965998911::DOUBLE * x + 0.700383064443688) * x
                    + 6.37396220353165
                ) * x + 33.912866078383) * x + 112.079291497871) * x
                + 221.213596169931) * x + 220.206867912376)
                / ((((((
                    (0.0883883476483184::DOUBLE * x + 1.75566716318264) * x
                    + 16.064177579207
                ) * x + 86.7807322029461) * x + 296.564248779674) * x
                + 637.333633378831) * x + 793.826512519948) * x + 440.413735824752)
            )
        ELSE 1 / (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65::DOUBLE))))) / 2.506628274631
    END
)[1];
