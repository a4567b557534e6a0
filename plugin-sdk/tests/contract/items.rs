//! A contract as a list of names with what each is, without comments: two lists are the same contract if they are equal.

use crate::text::Contract;
use std::collections::BTreeMap;
use wit_parser::{
    Function, Handle, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, World, WorldItem, WorldKey,
};

/// Each item by its path, such as `encoding.choose`, and in which version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Items {
    pub(crate) version: (u64, u64),
    pub(crate) all: BTreeMap<String, String>,
    /// Interfaces that plugins export: a host asks for every function of theirs.
    pub(crate) exported: Vec<String>,
}

impl Items {
    pub(crate) fn of(contract: &Contract) -> Self {
        let resolve = contract.resolve();
        let mut all = BTreeMap::new();
        for (id, interface) in resolve.interfaces.iter() {
            let name = path(&resolve, id);
            all.insert(name.clone(), "interface".to_owned());
            for (type_name, id) in &interface.types {
                let definition = shape(&resolve, &resolve.types[*id]);
                all.insert(format!("{name}.{type_name}"), definition);
            }
            for (function_name, function) in &interface.functions {
                all.insert(format!("{name}.{function_name}"), signature(&resolve, function));
            }
        }
        let mut exported = Vec::new();
        for (_, world) in resolve.worlds.iter() {
            add_world(&resolve, world, &mut all, &mut exported);
        }
        let version = contract.version();
        let mut numbers = version.split('.').map(|number| number.parse().expect("a number"));
        let version = (numbers.next().expect("major"), numbers.next().expect("minor"));
        Self {
            version,
            all,
            exported,
        }
    }
}

fn add_world(
    resolve: &Resolve,
    world: &World,
    all: &mut BTreeMap<String, String>,
    exported: &mut Vec<String>,
) {
    let name = format!("world {}", world.name);
    all.insert(name.clone(), "world".to_owned());
    for (direction, items) in [("import", &world.imports), ("export", &world.exports)] {
        for (key, item) in items {
            let item_name = match key {
                WorldKey::Name(name) => name.clone(),
                WorldKey::Interface(id) => path(resolve, *id),
            };
            let what = match item {
                WorldItem::Interface { .. } => "interface".to_owned(),
                WorldItem::Function(function) => signature(resolve, function),
                WorldItem::Type { id, .. } => shape(resolve, &resolve.types[*id]),
            };
            if direction == "export" {
                exported.push(item_name.clone());
            }
            all.insert(format!("{name}: {direction} {item_name}"), what);
        }
    }
}

/// `encoding`, or `smpp:pdu/types` for what is another package's.
fn path(resolve: &Resolve, id: InterfaceId) -> String {
    let interface = &resolve.interfaces[id];
    let package = &resolve.packages[interface.package.expect("a package")].name;
    let name = interface.name.clone().expect("a name");
    if package.name == "operator-policy" {
        name
    } else {
        format!("{}:{}/{name}", package.namespace, package.name)
    }
}

pub(crate) fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters = function.params.iter();
    let parameters: Vec<_> = parameters
        .map(|parameter| format!("{}: {}", parameter.name, name(resolve, parameter.ty)))
        .collect();
    let result = function.result.map(|ty| format!(" -> {}", name(resolve, ty)));
    let kind = function.kind.as_text();
    format!(
        "{kind}func({}){}",
        parameters.join(", "),
        result.unwrap_or_default()
    )
}

trait AsText {
    fn as_text(&self) -> &'static str;
}

impl AsText for wit_parser::FunctionKind {
    fn as_text(&self) -> &'static str {
        use wit_parser::FunctionKind as K;
        match self {
            K::Freestanding => "",
            K::Method(_) => "method ",
            K::Static(_) => "static ",
            K::Constructor(_) => "constructor ",
            K::AsyncFreestanding | K::AsyncMethod(_) | K::AsyncStatic(_) => "async ",
        }
    }
}

/// How a type is written where it is used.
pub(crate) fn shape_name(resolve: &Resolve, ty: Type) -> String {
    name(resolve, ty)
}

fn name(resolve: &Resolve, ty: Type) -> String {
    match ty {
        Type::Id(id) => {
            let definition = &resolve.types[id];
            match &definition.name {
                Some(name) => name.clone(),
                None => shape(resolve, definition),
            }
        }
        plain => format!("{plain:?}").to_lowercase(),
    }
}

/// What a type is made of.
fn shape(resolve: &Resolve, definition: &TypeDef) -> String {
    let name = |ty: Type| name(resolve, ty);
    let optional = |ty: Option<Type>| ty.map_or("_".to_owned(), name);
    let within = |parts: Vec<String>| parts.join(", ");
    match &definition.kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter();
            let fields = fields.map(|field| format!("{}: {}", field.name, name(field.ty)));
            format!("record {{ {} }}", within(fields.collect()))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| match case.ty {
                Some(ty) => format!("{}({})", case.name, name(ty)),
                None => case.name.clone(),
            });
            format!("variant {{ {} }}", within(cases.collect()))
        }
        TypeDefKind::Enum(cases) => {
            let cases = cases.cases.iter().map(|case| case.name.clone());
            format!("enum {{ {} }}", within(cases.collect()))
        }
        TypeDefKind::Flags(flags) => {
            let flags = flags.flags.iter().map(|flag| flag.name.clone());
            format!("flags {{ {} }}", within(flags.collect()))
        }
        TypeDefKind::Tuple(tuple) => {
            format!(
                "tuple<{}>",
                within(tuple.types.iter().map(|ty| name(*ty)).collect())
            )
        }
        TypeDefKind::Option(ty) => format!("option<{}>", name(*ty)),
        TypeDefKind::List(ty) => format!("list<{}>", name(*ty)),
        TypeDefKind::Result(result) => {
            format!("result<{}, {}>", optional(result.ok), optional(result.err))
        }
        TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", name(Type::Id(*id))),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", name(Type::Id(*id))),
        TypeDefKind::Type(Type::Id(id)) => match &resolve.types[*id].name {
            Some(other) => format!("= {other}"),
            None => format!("= {}", shape(resolve, &resolve.types[*id])),
        },
        TypeDefKind::Type(ty) => format!("= {}", name(*ty)),
        TypeDefKind::Resource => "resource".to_owned(),
        other => format!("{other:?}"),
    }
}
