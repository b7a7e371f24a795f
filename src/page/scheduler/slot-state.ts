import type { PluginError } from '../../contract/errors.js';

/** Why the previous instance of a slot is gone. `hibernated`: it was evicted because another plug-in needed room. */
export type Loss = PluginError | 'hibernated';

/** Why a worker discarded its guest. The same worker creates a new guest at the next call. */
export interface Replacement {
  readonly reason: PluginError;
  /** Whether the circuit breaker counts it. */
  readonly isCrash: boolean;
}

/** What a slot holds. `Instance` and `Job` are opaque here. */
export type SlotState<Instance, Job> =
  /** No instance. `loss` is null before the first one. */
  | { readonly kind: 'empty'; readonly loss: Loss | null }
  /** Waits for room, or for `instance` to start. `loss`: why the previous instance is gone; null if this is the first. */
  | { readonly kind: 'starting'; readonly loss: Loss | null; readonly instance: Instance | null }
  | { readonly kind: 'idle'; readonly instance: Instance }
  | {
      readonly kind: 'running';
      readonly instance: Instance;
      readonly job: Job;
      /** Why the job was asked to stop; null if it was not. */
      readonly stopping: PluginError | null;
      /** Why the worker discarded its guest in this job; null if it did not. */
      readonly replaced: Replacement | null;
    }
  /** The instance is gone, and `run` of its job has not ended yet. The promise of the job may already be rejected. */
  | { readonly kind: 'lost'; readonly job: Job; readonly loss: Loss }
  | { readonly kind: 'closed'; readonly reason: PluginError };

export type SlotEvent<Instance, Job> =
  | { readonly kind: 'start' }
  /** There is room, and a worker starts the instance. */
  | { readonly kind: 'spawned'; readonly instance: Instance }
  | { readonly kind: 'started' }
  | { readonly kind: 'start-failed' }
  | { readonly kind: 'run'; readonly job: Job }
  | { readonly kind: 'stop'; readonly reason: PluginError }
  | ({ readonly kind: 'replaced' } & Replacement)
  | { readonly kind: 'lost'; readonly loss: PluginError }
  | { readonly kind: 'hibernate' }
  /** `run` of the job has ended. Its instance may still exist or be gone. */
  | { readonly kind: 'settled' }
  | { readonly kind: 'close'; readonly reason: PluginError };

/** Returns the state after `event`; the same object if the event does not apply in `state` and is ignored. */
export function transition<Instance, Job>(
  state: SlotState<Instance, Job>,
  event: SlotEvent<Instance, Job>,
): SlotState<Instance, Job> {
  if (state.kind !== 'closed' && event.kind === 'close') return { kind: 'closed', reason: event.reason };
  switch (state.kind) {
    case 'empty':
      return event.kind === 'start' ? { kind: 'starting', loss: state.loss, instance: null } : state;
    case 'starting':
      return whileStarting(state, event);
    case 'idle':
      return whileIdle(state, event);
    case 'running':
      return whileRunning(state, event);
    case 'lost':
      return event.kind === 'settled' ? { kind: 'empty', loss: state.loss } : state;
    case 'closed':
      return state;
  }
}

type StateOf<Instance, Job, Kind> = Extract<SlotState<Instance, Job>, { readonly kind: Kind }>;

function whileStarting<Instance, Job>(
  state: StateOf<Instance, Job, 'starting'>,
  event: SlotEvent<Instance, Job>,
): SlotState<Instance, Job> {
  switch (event.kind) {
    case 'spawned':
      return { ...state, instance: event.instance };
    case 'started':
      return state.instance === null ? state : { kind: 'idle', instance: state.instance };
    case 'start-failed':
      return { kind: 'empty', loss: state.loss };
    default:
      return state;
  }
}

function whileIdle<Instance, Job>(
  state: StateOf<Instance, Job, 'idle'>,
  event: SlotEvent<Instance, Job>,
): SlotState<Instance, Job> {
  switch (event.kind) {
    case 'run':
      return { kind: 'running', instance: state.instance, job: event.job, stopping: null, replaced: null };
    case 'lost':
      return { kind: 'empty', loss: event.loss };
    case 'hibernate':
      return { kind: 'empty', loss: 'hibernated' };
    default:
      return state;
  }
}

function whileRunning<Instance, Job>(
  state: StateOf<Instance, Job, 'running'>,
  event: SlotEvent<Instance, Job>,
): SlotState<Instance, Job> {
  switch (event.kind) {
    case 'stop':
      return state.stopping === null ? { ...state, stopping: event.reason } : state;
    case 'replaced':
      return { ...state, replaced: { reason: event.reason, isCrash: event.isCrash } };
    case 'lost':
      return { kind: 'lost', job: state.job, loss: event.loss };
    case 'settled':
      return { kind: 'idle', instance: state.instance };
    default:
      return state;
  }
}
