/** An EventTarget whose listeners get the events of `Events`, by type. Its methods are those of EventTarget. */
export interface TypedTarget<Events> extends EventTarget {
  addEventListener<Type extends keyof Events>(
    type: Type,
    listener: (event: Events[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(...listener: Parameters<EventTarget['addEventListener']>): void;
  removeEventListener<Type extends keyof Events>(
    type: Type,
    listener: (event: Events[Type]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(...listener: Parameters<EventTarget['removeEventListener']>): void;
}

/** `EventTarget`, as the base of a class that dispatches `Events`. */
export type TypedTargetClass<Events> = new () => TypedTarget<Events>;
