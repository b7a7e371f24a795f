/** Numbers that must not be mixed up. A brand costs nothing at run time; make one with `as` where the unit is known. */
declare const unit: unique symbol;
type Branded<Base, Unit extends string> = Base & { readonly [unit]: Unit };

/** WebAssembly pages of 64 KiB. */
export type Pages = Branded<number, 'Pages'>;
/** Lower-case hex, 64 digits. */
export type Sha256Hex = Branded<string, 'Sha256Hex'>;

export const pageBytes = 65_536;
