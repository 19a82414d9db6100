//! Where several engines are served, each message begins with the name of the one that it is about: that of the span in which it was written.

use std::fmt;

use tracing::field::{Field, ValueSet, Visit, display};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Remembers which span is which engine's.
pub struct Engines;

/// A layer that is told messages with their engine's name.
pub struct Named<L>(pub L);

/// The engine of a span.
struct Engine(String);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Engines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut texts = Texts::default();
        attributes.record(&mut texts);
        let engine = texts.0.into_iter().find(|(field, _)| field.name() == "engine");
        if let (Some(span), Some((_, name))) = (context.span(id), engine) {
            span.extensions_mut().insert(Engine(name));
        }
    }
}

impl<S, L> Layer<S> for Named<L>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    L: Layer<S>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.0.on_record(id, values, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.0.on_close(id, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let of = |span: tracing_subscriber::registry::SpanRef<'_, S>| span.extensions().get::<Engine>().map(|engine| engine.0.clone());
        let Some(engine) = context.event_scope(event).and_then(|mut scope| scope.find_map(of)) else {
            return self.0.on_event(event, context);
        };
        let mut texts = Texts::default();
        event.record(&mut texts);
        for (field, text) in &mut texts.0 {
            if field.name() == "message" {
                *text = format!("{engine}: {text}");
            }
        }
        // As text is shown, not as it would stand in a program.
        let shown: Vec<_> = texts.0.iter().map(|(_, text)| display(text)).collect();
        let all: Vec<(&Field, Option<&dyn tracing::Value>)> =
            texts.0.iter().zip(&shown).map(|((field, _), text)| (field, Some(text as _))).collect();
        let tell = |values: ValueSet<'_>| self.0.on_event(&Event::new(event.metadata(), &values), context.clone());
        let fields = event.metadata().fields();
        // Fields are counted when the program is built; ours have no more.
        match all.as_slice() {
            [a] => tell(fields.value_set(&[*a])),
            [a, b] => tell(fields.value_set(&[*a, *b])),
            [a, b, c] => tell(fields.value_set(&[*a, *b, *c])),
            [a, b, c, d] => tell(fields.value_set(&[*a, *b, *c, *d])),
            [a, b, c, d, e] => tell(fields.value_set(&[*a, *b, *c, *d, *e])),
            _ => self.0.on_event(event, context),
        }
    }
}

/// What was recorded, in order.
#[derive(Default)]
struct Texts(Vec<(Field, String)>);

impl Visit for Texts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.clone(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push((field.clone(), format!("{value:?}")));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Kept {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            let mut line = Line::default();
            event.record(&mut line);
            self.0.lock().expect("no test panicked").push(line.0.join(" "));
        }
    }

    /// As the lines on stderr are made.
    #[derive(Default)]
    struct Line(Vec<String>);

    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            self.0.push(format!("{}={value:?}", field.name()));
        }
    }

    #[test]
    fn a_message_begins_with_the_engine_that_it_is_about_and_keeps_its_fields() {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::registry().with(Engines).with(Named(kept.clone()));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(container = %"web", "web: start");
            let span = tracing::error_span!("engine", engine = %"podman:alice");
            span.in_scope(|| {
                tracing::info!(rotation = "a1", container = %"web", step = %"start", "web: start {}", 1);
                tracing::info_span!("inner").in_scope(|| tracing::warn!("web"));
            });
            tracing::info!("after");
        });
        let told = kept.0.lock().expect("no test panicked").clone();
        let expected = [
            "message=web: start container=web",
            "message=podman:alice: web: start 1 rotation=a1 container=web step=start",
            "message=podman:alice: web",
            "message=after",
        ];
        assert_eq!(told, expected);
    }
}
