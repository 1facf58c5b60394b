import fc from 'fast-check';

// The same inputs at each run, so that a failure is one of the change at hand. FC_SEED=number tries others.
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 1) });
